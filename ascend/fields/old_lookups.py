"""What can be searched while a window is open: equality, if the database can compare the old values too.

A value that has not moved is in no index. So `exact` and `in` ask the index, or the old column where there is no
envelope; and what only an index could answer is refused until everything has moved.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Never

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In
from django.db.models.sql.compiler import SQLCompiler

from ascend.fields import lookups, old_column, sealed_lookups, searched, searching
from ascend.fields.errors import refuse

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField


def lookup_for(field: "EncryptedField", name: str) -> Any:
    """Return what makes the lookup `name`, or None so that Django asks `transform_for`.

    Raises:
        OperationRefused: the rows that have not moved cannot be asked.
    """
    if name == "isnull":
        return BothAreNull
    if name not in {searched.EXACT, "in"}:
        _refuse_index(field, name)
        return lookups.lookup_for(field, name)
    index = field.scheme.index_called(searched.EXACT)
    if index is None and not field.scheme.is_deterministic:
        return lookups.lookup_for(field, name)
    if index is not None and not index.tells_values_apart:
        _refuse(field, name, "Values that have not moved are in no index.")
    if not (field.window and field.window.is_of_plaintext):
        _refuse(field, name, "Values that have not moved are in no index, and the database cannot compare ciphertext.")
    if field.scheme.is_deterministic:
        return EitherSealedIn if name == "in" else EitherSealedExact
    return partial(EitherIn if name == "in" else EitherExact, index=index)


def transform_for(field: "EncryptedField", name: str) -> Any:
    """Refuse what makes the left side of `field__<index>__in`.

    Raises:
        OperationRefused: always.
    """
    _refuse_index(field, name)
    return lookups.transform_for(field, name)


def _refuse_index(field: "EncryptedField", name: str) -> None:
    if field.scheme.index_called(name) is not None or searching.is_served(field, name):
        _refuse(field, name, "Values that have not moved are in no index.")


def _refuse(field: "EncryptedField", name: str, why: str) -> Never:
    refuse(
        field.label,
        f'the lookup "{name}" while values move',
        why,
        "Run manage.py protect_column, then take accept= out of the field.",
    )


def _columns(lookup: Any, compiler: SQLCompiler) -> tuple[str, Col, str]:
    """Return the new column in SQL, and the old one as an expression and in SQL. Read late: aliases change."""
    alias, field = lookup.lhs.alias, lookup.encrypted
    old = Col(alias, old_column.of(field).holds)
    return _sql_of(Col(alias, field), compiler), old, _sql_of(old, compiler)


def _sql_of(column: Col, compiler: SQLCompiler) -> str:
    """Return a column's name, quoted as this compiler quotes it; Django renamed the method for it."""
    return str(column.as_sql(compiler, compiler.connection)[0])


class _Either:
    """Mixed into a lookup: what it asks the new column or, where there is no envelope, the same of the old one."""

    lhs: Any
    old_lookup: type[Exact | In] = Exact

    def __init__(self, lhs: Any, rhs: Any, **index: Any) -> None:
        self.encrypted = lhs.target
        super().__init__(lhs, rhs, **index)  # type: ignore[call-arg]
        self.searched = rhs

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        new, column, old = _columns(self, compiler)
        sql, params = compiler.compile(self.old_lookup(column, self.searched))
        asked: Any = super().as_sql(compiler, connection)  # type: ignore[misc]
        return _either(asked, f"({new} IS NULL AND {old} IS NOT NULL AND {sql})", params)


class _EitherIn(_Either):
    old_lookup = In

    def __init__(self, lhs: Any, rhs: Any, **index: Any) -> None:
        values = list(rhs) if isinstance(rhs, Iterable) and not isinstance(rhs, str) else rhs
        super().__init__(lhs, values, **index)
        self.searched = [value for value in values if value is not None]

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        if not self.searched:
            raise EmptyResultSet
        return super().as_sql(compiler, connection)


class EitherExact(_Either, lookups.IndexExact):
    """The hash against the index column or, where there is no envelope, the value against the old column."""


class EitherIn(_EitherIn, lookups.IndexIn):
    """The hashes against the index column or, where there is no envelope, the values against the old column."""


class EitherSealedExact(_Either, sealed_lookups.SealedExact):
    """The envelope against the deterministic column or, where there is none, the value against the old column."""


class EitherSealedIn(_EitherIn, sealed_lookups.SealedIn):
    """The envelopes against the deterministic column or, where there is none, the values against the old column."""


class BothAreNull(lookups.ColumnIsNull):
    """There is no value if neither column has one."""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        alias, field = self.lhs.alias, self.lhs.target
        new, old = (_sql_of(Col(alias, column), compiler) for column in (field, old_column.of(field).holds))
        return (f"({new} IS NULL AND {old} IS NULL)" if self.rhs else f"({new} IS NOT NULL OR {old} IS NOT NULL)"), []


def _either(indexed: tuple[str, Any], old_sql: str, old_params: Sequence[Any]) -> tuple[str, list[Any]]:
    sql, params = indexed
    return f"({sql} OR {old_sql})", [*params, *old_params]
