"""Searching a deterministic column: the value is sealed when the query is written, and envelopes are compared.

A query's repr, SQL and pickle hold envelopes only, as those of an index hold hashes (FLD-17).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import Exact, In
from django.db.models.sql.compiler import SQLCompiler

from ascend.fields import joins, sealing
from ascend.fields.columns import EncryptedCol
from ascend.fields.errors import refuse
from ascend.scope import current_organization

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

NAMES = frozenset({"exact", "in"})


def lookup_for(name: str) -> Callable[[Any, Any], Any]:
    """Return what makes the lookup `name`, one of `NAMES`: with values, a column or a query on its right side."""
    return joins.or_values(SealedIn if name == "in" else SealedExact, None, among=name == "in")


class SealedExact(Exact):
    """The envelope of the value searched for, against the column."""

    def __init__(self, lhs: Any, rhs: Any) -> None:
        envelope = None if rhs is None else _sealed(_column(lhs).target, rhs)
        self.matches_nothing = envelope is None and rhs is not None
        super().__init__(joins.comparable(lhs, None), b"" if self.matches_nothing else envelope)
        _forget_arguments(self)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        if self.matches_nothing:
            raise EmptyResultSet
        return _without_null(self, compiler, connection, super().as_sql(compiler, connection))


class SealedIn(In):
    """The envelopes of the values searched for, against the column: one query."""

    def __init__(self, lhs: Any, rhs: Any) -> None:
        field = _column(lhs).target
        if hasattr(rhs, "resolve_expression") or isinstance(rhs, str):
            refuse(field.label, "__in with a query or an expression", "Values still move.", "Pass a list of values.")
        envelopes = (_sealed(field, value) for value in rhs if value is not None)
        super().__init__(joins.comparable(lhs, None), [envelope for envelope in envelopes if envelope is not None])
        _forget_arguments(self)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        return _without_null(self, compiler, connection, super().as_sql(compiler, connection))


def _column(lhs: Any) -> EncryptedCol:
    if not isinstance(lhs, EncryptedCol):
        refuse(lhs.output_field.label, "searching an expression of the column", "It is no column.", "Name the column.")
    return lhs


def _sealed(field: "EncryptedField", value: Any) -> bytes | None:
    """Return the envelope that equal values have, or None for what no row can hold."""
    if hasattr(value, "resolve_expression"):
        refuse(field.label, "comparing with an expression in a list", "It is sealed here.", "Pass plain values.")
    value = field.to_python(value)
    try:
        return sealing.seal(field, current_organization(), value)
    except ValidationError:
        return None


def _forget_arguments(lookup: Exact | In) -> None:
    """Drop the value searched for: Django keeps what an expression was made of, and pickles it with the query."""
    lookup._constructor_args = ((lookup.lhs, lookup.rhs), {})  # type: ignore[union-attr]  # noqa: SLF001


def _without_null(lookup: Exact | In, compiler: SQLCompiler, connection: BaseDatabaseWrapper, compiled: Any) -> Any:
    """Make the condition false, not unknown, for NULL: `exclude()` must find that row."""
    sql, params = compiled
    column, _ = lookup.process_lhs(compiler, connection)
    return f"({sql} AND {column} IS NOT NULL)", params
