"""How the digests of a multi-valued index stand in one column, and how the database looks among them.

On PostgreSQL they are a `bytea[]` under a GIN index, which answers "holds all of these" and "holds one of
these". Elsewhere they stand one after another in a column of bytes, and a search reads the whole table: a digest
that is met across the border of two others is found too, and the second pass removes it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.lookups import Lookup
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup

POSTGRESQL: Final = "postgresql"
NO_STATEMENT: Final = "SELECT 1"


def as_array(packed: bytes, width: int) -> str:
    """Return the text of an array of the digests of `width` bytes that stand one after another.

    PostgreSQL reads it as a `bytea[]`. A driver would quote each element for itself, at ten times the cost.
    """
    digits, step = packed.hex(), 2 * width
    elements = (f'"\\\\x{digits[start : start + step]}"' for start in range(0, len(digits), step))
    return f"{{{','.join(elements)}}}"


class DigestIndex(models.Index):
    """The GIN index over a column of digests on PostgreSQL; nothing on other databases.

    The encrypted field adds it to its model, and a migration names it like any other index.
    """

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        _, args, kwargs = super().deconstruct()
        return "ascend.fields.DigestIndex", args, kwargs

    def create_sql(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, using: str = "", **kwargs: Any
    ) -> Any:
        if schema_editor.connection.vendor != POSTGRESQL:
            return NO_STATEMENT
        return super().create_sql(model, schema_editor, using=using or " USING gin", **kwargs)

    def remove_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, **kwargs: Any) -> Any:
        if schema_editor.connection.vendor != POSTGRESQL:
            return NO_STATEMENT
        return super().remove_sql(model, schema_editor, **kwargs)


class _Holds(_Lookup):
    """Which rows hold some of the digests on the right."""

    prepare_rhs = False
    operator: ClassVar[str]
    connector: ClassVar[str]

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        column, params = self.process_lhs(compiler, connection)
        if not self.rhs:
            raise EmptyResultSet  # a question without terms finds no row, and never every row (IDX-11)
        found = self.connector.join([f"INSTR({column}, %s) > 0"] * len(self.rhs))
        return f"({found})", [*params, *(connection.Database.Binary(digest) for digest in self.rhs)]  # type: ignore[attr-defined]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        if not self.rhs:
            raise EmptyResultSet
        return f"{column} {self.operator} %s::bytea[]", [*params, as_array(b"".join(self.rhs), len(self.rhs[0]))]


class HoldsAll(_Holds):
    """Rows that hold every one of the digests."""

    lookup_name = "holds_all"
    operator = "@>"
    connector = " AND "


class HoldsAny(_Holds):
    """Rows that hold at least one of the digests."""

    lookup_name = "holds_any"
    operator = "&&"
    connector = " OR "
