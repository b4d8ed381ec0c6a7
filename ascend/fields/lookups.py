"""What can be searched, through a blind index. Everything else is refused with the indexes that exist."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In, IsNull
from django.db.models.sql.compiler import SQLCompiler

from ascend.fields import index_column, joins, questions, rechecked, sealed_lookups, searched, searching
from ascend.fields.columns import EncryptedCol
from ascend.fields.errors import refuse
from ascend.fields.scheme import Index
from ascend.fields.searched import EXACT
from ascend.scope import current_organization

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField


def lookup_for(field: "EncryptedField", name: str) -> Any:
    """Return what makes the lookup `name`, or None so that Django asks `transform_for`, which refuses."""
    if name == "isnull":
        return ColumnIsNull
    if field.scheme.is_deterministic and name in sealed_lookups.NAMES:
        return sealed_lookups.lookup_for(name)
    index = field.scheme.index_called(EXACT if name == "in" else name)
    if index is not None and not index.is_multivalued:
        return equality(index, among=name == "in")
    return partial(searching.search, lookup=name) if searching.is_served(field, name) else None


def transform_for(field: "EncryptedField", name: str) -> Any:
    """Return what makes the left side of `field__<index>__in`.

    Raises:
        OperationRefused: no index has that name.
    """
    index = field.scheme.index_called(name)
    if index is None or index.is_multivalued:
        refuse(field.label, f'the lookup "{name}"', "No index serves it.", way_out(field))
    return partial(IndexedValue, index=index)


def equality(index: Index, *, among: bool) -> Any:
    """Return what makes the lookup "is this value", or "is one of these", of an index with one hash a value."""
    if not index.tells_values_apart:
        return partial(narrow, index=index, among=among)
    return joins.or_values(partial(IndexIn if among else IndexExact, index=index), index, among=among)


def narrow(lhs: Any, rhs: Any, *, index: Index, among: bool) -> Any:
    """Return the condition of an index whose hashes several values share: opened and compared again."""
    column = _column(lhs)
    if rhs is None:
        return IndexExact(column, None, index=index)  # Django makes IS NULL of it
    texts = searched.texts_of(column.target, index, rhs if among else [rhs])
    normals = frozenset(normal for text in texts if (normal := index.normalise(text)) is not None)
    return rechecked.condition(column, questions.is_one_of(index, normals, column.target.text_of))


def way_out(field: "EncryptedField") -> str:
    """Say which lookups the field has."""
    names = [index.lookup_name for index in field.scheme.indexes if not index.is_multivalued]
    names += searching.served_lookups(field)
    if field.scheme.is_deterministic:
        names.append(EXACT)
    elif field.no_index_because:
        return f"A field of this type has no index: {field.no_index_because}"
    if not names:
        return 'The field declares no index: add indexes=["exact"] to search it.'
    offered = [f"{field.name}__{name}" for name in names] + ([f"{field.name}__in"] if EXACT in names else [])
    return f"It can be searched with {', '.join(offered)} and {field.name}__isnull."


class IndexedValue(EncryptedCol):
    """The left side of a lookup on a named index: `ssn__last4`. It has no value of its own."""

    index: Index

    def __init__(self, lhs: Any, *, index: Index) -> None:
        column = _column(lhs)
        super().__init__(column.alias, column.target)
        self.index = index

    def get_lookup(self, lookup: str) -> Any:
        if lookup == "isnull":
            return partial(ColumnIsNull, index=self.index)
        if lookup in {EXACT, "in"}:
            return equality(self.index, among=lookup == "in")
        return None

    def get_transform(self, name: str) -> Any:
        refuse(
            self.target.label,
            f'"{self.index.lookup_name}__{name}"',
            "An index knows equality only.",
            way_out(self.target),
        )

    def relabeled_clone(self, relabels: Mapping[str, str]) -> "IndexedValue":
        clone: IndexedValue = self.copy()
        clone.alias = relabels.get(self.alias, self.alias)
        return clone

    def select_format(self, compiler: SQLCompiler, sql: str, params: Any) -> Any:
        refuse(self.target.label, f'selecting "{self.index.lookup_name}"', "An index holds hashes.", "Open the field.")


class IndexExact(Exact):
    """The hash of the value searched for, against the index column."""

    prepare_rhs = False

    def get_prep_lookup(self) -> Any:
        return self.rhs  # a hash is ready

    def __init__(self, lhs: Any, rhs: Any, *, index: Index) -> None:
        column = _column(lhs)
        digest = None if rhs is None else _digest(column.target, index, rhs)
        self.matches_nothing = digest is None and rhs is not None
        super().__init__(_index_col(column, index), b"" if self.matches_nothing else digest)
        _forget_arguments(self)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        if self.matches_nothing:
            raise EmptyResultSet
        # What Django compiles, and `_without_null`, in one step: this is most look-ups.
        column, params = compiler.compile(self.lhs)
        return f"({column} = %s AND {column} IS NOT NULL)", [*params, self.rhs]


class IndexIn(In):
    """The hashes of the values searched for, against the index column: one query."""

    def __init__(self, lhs: Any, rhs: Any, *, index: Index) -> None:
        column = _column(lhs)
        super().__init__(_index_col(column, index), _digests(column.target, index, rhs))
        _forget_arguments(self)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        return _without_null(self, compiler, connection, super().as_sql(compiler, connection))


class ColumnIsNull(IsNull):
    """NULL stays NULL, so the column of envelopes itself is asked."""

    def __init__(self, lhs: Any, rhs: Any, *, index: Index | None = None) -> None:
        column = _column(lhs)
        super().__init__(Col(column.alias, column.target) if index is None else _index_col(column, index), rhs)


def _column(lhs: Any) -> EncryptedCol:
    if not isinstance(lhs, EncryptedCol):
        field: EncryptedField = lhs.output_field
        refuse(field.label, "searching an expression of the column", "Only the column has indexes.", way_out(field))
    return lhs


def _index_col(column: EncryptedCol, index: Index) -> Col:
    found: Col = index_column.column_of(column.target, index).get_col(column.alias)
    return found


def _forget_arguments(lookup: Exact | In) -> None:
    """Drop the value searched for: Django keeps what an expression was made of, and pickles it with the query."""
    lookup._constructor_args = ((lookup.lhs, lookup.rhs), {})  # type: ignore[union-attr]  # noqa: SLF001


def _without_null(lookup: Exact | In, compiler: SQLCompiler, connection: BaseDatabaseWrapper, compiled: Any) -> Any:
    """Make the condition false, not unknown, where a row has nothing to index: `exclude()` must find that row."""
    sql, params = compiled
    column, _ = lookup.process_lhs(compiler, connection)
    return f"({sql} AND {column} IS NOT NULL)", params


def _digests(field: "EncryptedField", index: Index, values: Any) -> list[bytes]:
    organization_id = current_organization()
    digests = (field.digest(organization_id, index, text) for text in searched.texts_of(field, index, values))
    return [digest for digest in digests if digest is not None]


def _digest(field: "EncryptedField", index: Index, value: Any) -> bytes | None:
    """Return the hash of what is searched for, or None if no value can have it.

    It is made here, when the query is written: a query's repr, SQL and pickle hold hashes only.
    """
    return field.digest(current_organization(), index, searched.text_of(field, index, value))
