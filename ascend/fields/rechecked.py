"""Conditions that are exact although their index is not: what it finds is opened and compared, then named by key.

When a statement with such a condition is compiled, one query fetches the rows that the index finds, and the
condition becomes "is one of the rows that answer". So it holds wherever a condition may stand: in `filter`,
`exclude` and `Q`, for `count()`, slices, subqueries and `update()`, through relations, and with any manager.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Never, Self

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CompositePrimaryKey
from django.db.models.expressions import Col
from django.db.models.lookups import In, Lookup
from django.db.models.sql.compiler import SQLCompiler

from ascend import conf
from ascend.envelope import Match, row_part
from ascend.fields import index_column, sealing
from ascend.fields.columns import EncryptedCol
from ascend.fields.digest_sets import POSTGRESQL, HoldsAll, HoldsAny
from ascend.fields.errors import refuse
from ascend.fields.held_values import Sealed
from ascend.fields.questions import Question
from ascend.fields.subject_values import SubjectSealed
from ascend.scope import WrongOrganization, current_organization

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup

SET_LOOKUPS: Final = {Match.ALL: HoldsAll, Match.ANY: HoldsAny}


class Search:
    """A question with its hashes, for the organization in force when it was asked."""

    __slots__ = ("certain", "column", "digests", "field", "index", "match", "organization_id", "question")

    def __init__(self, field: "EncryptedField", question: Question) -> None:
        self.field = field
        self.question: Question | None = question
        self.index, self.match = question.index, question.match
        self.organization_id = current_organization()
        self.column = index_column.column_of(field, question.index)
        self.digests = sealing.digests(field, self.organization_id, question.index, question.terms)
        self.certain = sealing.digests(field, self.organization_id, question.index, question.certain)

    def first_pass(self, alias: str, digests: tuple[bytes, ...]) -> "_Lookup":
        """Return the condition that the database can answer."""
        column = Col(alias, self.column)
        return (SET_LOOKUPS[self.match] if self.column.is_set else In)(column, digests)

    def answering_rows(self, alias: str) -> list[Any]:
        """Return the primary keys of the rows in the database `alias` whose opened values answer.

        Raises:
            OperationRefused: the index finds more rows than one search may open, or the search was pickled.
            WrongOrganization: another organization is in force than when the question was asked.
            DecryptionFailed: one of the values was changed.
            KeyUnavailable: no key of the organization may be used now.
        """
        if not self.digests:
            return []
        holds = self._question().holds
        if current_organization() != self.organization_id:
            raise WrongOrganization(f"{self.field.label}: the search was written for another organization.")
        return [pk for pk, value in self._found(alias) if holds(value)]

    def _question(self) -> Question:
        if self.question is not None:
            return self.question
        why = "It compares opened values with what was searched for, which no pickle holds."
        return refuse(self.field.label, "asking a pickled search again", why, "Use its results, or write it anew.")

    def _found(self, alias: str) -> Iterator[tuple[Any, Any]]:
        most = conf.second_pass_rows()
        rows = self.field.model._base_manager.using(alias).order_by()  # noqa: SLF001 (documented by Django)
        condition = self.first_pass(rows.model._meta.db_table, self.digests)
        rows.query.where.add(condition, rows.query.where.default)
        for count, (pk, value) in enumerate(rows.values_list("pk", self.field.name)[: most + 1]):
            if count == most:
                self._refuse_breadth(most)
            yield pk, self._opened(value, pk)

    def _opened(self, held: Any, pk: Any) -> Any:
        """Return the value of a column: a row-bound one has been sealed until now."""
        if isinstance(held, SubjectSealed):
            held.load_peers()
        return self.field.open(held.envelope, row_part(pk)) if isinstance(held, Sealed) else held

    def _refuse_breadth(self, most: int) -> Never:
        refuse(
            self.field.label,
            f"a search that opens more than {most} rows",
            f'"{self.index.name}" finds more, and each has to be opened and compared.',
            "Search for more letters or a shorter range, or raise ASCEND_SECOND_PASS_ROWS.",
        )

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """Return what a pickle holds: hashes, and not what was searched for."""
        return None, {name: getattr(self, name) for name in self.__slots__ if name != "question"} | {"question": None}

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __repr__(self) -> str:
        return f"<a search of {self.field.label} by {self.index.name}>"


class Rechecked(_Lookup):
    """A search as a condition: the rows that need no second pass, or one of those that passed it."""

    prepare_rhs = False

    def __init__(self, lhs: EncryptedCol, search: Search) -> None:
        super().__init__(Col(lhs.alias, search.column), (*search.certain, *search.digests))
        self.search = search

    @property
    def identity(self) -> Any:
        return self.__class__, self.lhs, id(self.search)

    def __repr__(self) -> str:
        return f"<{self.search!r} in {self.lhs!r}>"

    def get_group_by_cols(self) -> list[Any]:
        return [self._key, *super().get_group_by_cols()]

    @property
    def _key(self) -> Col:
        return Col(self.lhs.alias, self.search.field.model._meta.pk)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Return the condition, after the second pass.

        Raises:
            EmptyResultSet: no row answers.
        """
        parts = [self._first_pass(self.search.certain, compiler)] if self.search.certain else []
        if rows := self.search.answering_rows(connection.alias):
            # Both, so that a row whose value has changed since it was opened is found no more.
            key, params = self._is_among(rows, compiler, connection)
            first, more = self._first_pass(self.search.digests, compiler)
            parts.append((f"({key} AND {first})", [*params, *more]))
        if not parts:
            raise EmptyResultSet
        column, _ = self.process_lhs(compiler, connection)
        either = " OR ".join(sql for sql, _ in parts)
        # False, not unknown, where there is nothing to index: `exclude()` must find that row.
        return f"(({either}) AND {column} IS NOT NULL)", [value for _, params in parts for value in params]

    def _first_pass(self, digests: tuple[bytes, ...], compiler: SQLCompiler) -> tuple[str, list[Any]]:
        sql, params = compiler.compile(self.search.first_pass(self.lhs.alias, digests))
        return sql, list(params)

    def _is_among(
        self, rows: list[Any], compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        """Return the condition that names rows by their keys, in one parameter where the database can."""
        pk: Any = self.search.field.model._meta.pk
        values = [pk.get_db_prep_value(row, connection) for row in rows]
        key, _ = compiler.compile(self._key)
        if connection.vendor == POSTGRESQL:
            return f"{key} = ANY(%s::{_type_of(pk, connection)}[])", [values]
        if connection.vendor == "sqlite" and all(isinstance(value, int | str) for value in values):
            return f"{key} IN (SELECT value FROM json_each(%s))", [json.dumps(values)]  # noqa: S608 (a quoted column)
        return f"{key} IN ({', '.join(['%s'] * len(values))})", values


def condition(lhs: EncryptedCol, question: Question) -> Rechecked:
    """Return the exact condition of a question.

    Raises:
        OperationRefused: the model's rows cannot be named by one column.
        KeyUnavailable: no key of the organization may be used now.
    """
    field = lhs.target
    if isinstance(field.model._meta.pk, CompositePrimaryKey):
        refuse(
            field.label,
            "a search that compares opened values",
            "It names rows by their primary key, which has several columns.",
            'Search with "exact" at 128 bits, or give the model a key of one column.',
        )
    return Rechecked(lhs, Search(field, question))


def _type_of(pk: Any, connection: BaseDatabaseWrapper) -> str:
    target = pk.target_field if pk.is_relation else pk
    return str(target.rel_db_type(connection))
