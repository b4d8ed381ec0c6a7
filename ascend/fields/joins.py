"""Comparing two columns in the database: both have keys of one label, or the comparison is refused.

What is compared is what equal values have equal: the envelopes of deterministic columns, or the hashes of one index.
"""

from collections.abc import Callable
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import F, Subquery
from django.db.models.lookups import Exact, In, IsNull
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.where import AND

from ascend.fields import index_column
from ascend.fields.columns import ComparedCol, EncryptedCol
from ascend.fields.errors import refuse
from ascend.fields.scheme import FULL_BITS, Index

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

WAY_OUT = (
    'Give both columns the same join_group="...", and both deterministic=True or both the same index of'
    f" {FULL_BITS} bits; or compare in Python, after opening."
)

Lookup = Callable[[Any, Any], Any]


def or_values(lookup: Lookup, index: Index | None, *, among: bool) -> Lookup:
    """Return what makes a lookup with a column or a query on its right side, and leaves values to `lookup`."""
    return partial(_made, lookup, JoinedIn if among else JoinedExact, index)


def _made(lookup: Lookup, joined: Callable[..., Any], index: Index | None, lhs: Any, rhs: Any) -> Any:
    return joined(lhs, rhs, index=index) if hasattr(rhs, "resolve_expression") else lookup(lhs, rhs)


class _Joined:
    """Mixed into a lookup: both sides are columns that the database may compare."""

    lhs: Any
    rhs: Any

    def __init__(self, lhs: Any, rhs: Any, *, index: Index | None) -> None:
        if not isinstance(lhs, EncryptedCol):
            _refuse(lhs.output_field, "an expression of the column")
        self.source, self.index = lhs.target, index
        super().__init__(comparable(lhs, index), self._comparable(rhs, is_final=False))  # type: ignore[call-arg]

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Return the comparison: false, not unknown, where a row has nothing to compare (FLD-16)."""
        ready = copy(self)
        ready.rhs = self._comparable(self.rhs, is_final=True)  # what stands for an outer query's column is known now
        sql, params = super(_Joined, ready).as_sql(compiler, connection)  # type: ignore[misc]
        for side in (ready.lhs, ready.rhs):
            if isinstance(side, ComparedCol):
                column, _ = compiler.compile(side)
                sql += f" AND {column} IS NOT NULL"
        return f"({sql})", params

    def _comparable(self, rhs: Any, *, is_final: bool) -> Any:
        """Return what the left side is compared with.

        Raises:
            OperationRefused: it is neither a column that joins with it, nor a query of one.
        """
        if isinstance(rhs, ComparedCol) or (isinstance(rhs, F) and not is_final):  # F: of a query around this one
            return rhs
        if isinstance(rhs, Query):
            return self._selecting(rhs)
        if isinstance(rhs, Subquery):
            subquery = rhs.copy()
            subquery.query = self._selecting(rhs.query)
            return subquery
        return self._joined(rhs)

    def _joined(self, rhs: Any) -> ComparedCol:
        if not isinstance(rhs, EncryptedCol):
            _refuse(self.source, "an expression")
        if rhs.target.window is not None:
            _refuse(self.source, f"{rhs.target.label}, of which values still move")
        index = _index_of(rhs, self.index)
        if _name(self.source, self.index) != _name(rhs.target, index):
            _refuse(self.source, rhs.target.label)
        return comparable(rhs, index)

    def _selecting(self, query: Query) -> Query:
        """Return `query` with the compared column in place of the encrypted one that it selects."""
        selecting = query.clone()
        names = list(selecting.annotation_select)
        columns = [*selecting.select, *selecting.annotation_select.values()]
        if selecting.combinator or len(columns) != 1:
            _refuse(self.source, 'a query that selects more or less than one column (.values("..."))')
        if isinstance(columns[0], ComparedCol):
            return query
        joined = self._joined(columns[0])
        if names:
            selecting.annotations = {**selecting.annotations, names[0]: joined}
            selecting.set_annotation_mask(names)
        else:
            selecting.select = (joined,)
        if not selecting.is_sliced:
            selecting.where.add(IsNull(joined, False), AND)  # noqa: FBT003 (Django's) # else exclude() finds nothing
        return selecting


class JoinedExact(_Joined, Exact):
    """`filter(email=F("order__email"))`, `OuterRef("email")`, or a query of one row."""


class JoinedIn(_Joined, In):
    """`filter(email__in=Order.objects.values("email"))`."""


def comparable(column: EncryptedCol, index: Index | None) -> ComparedCol:
    """Return the column that the database compares: of envelopes, or of the hashes of an index."""
    if index is None:
        return ComparedCol(column.alias, column.target)
    return ComparedCol(column.alias, index_column.column_of(column.target, index))


def _index_of(column: EncryptedCol, wanted: Index | None) -> Index | None:
    """Return the index by which `column` is compared: the one that was written, or that of the left side."""
    if wanted is None or column.index is not None:
        return column.index
    return column.target.scheme.index_called(wanted.lookup_name)


def _name(field: "EncryptedField", index: Index | None) -> tuple[object, ...] | object:
    """Return what two columns have in common that join; of a column that joins with none, something unique."""
    if index is None:
        return field.scheme.key_name if field.scheme.is_deterministic else object()
    if index.is_multivalued or not index.tells_values_apart:
        return object()
    return (field.scheme.group_label, index)


def _refuse(field: "EncryptedField", other: str) -> NoReturn:
    refuse(field.label, f"comparing it with {other}", "The database compares only what has one key.", WAY_OUT)
