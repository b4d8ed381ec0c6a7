"""The column of envelopes in a query: it can be selected, and nothing else.

A compiler hands an expression's parameters on wherever it uses its SQL: in a function, an
ORDER BY, a comparison. Only a selected column goes through `select_format` first. So an
encrypted column compiles to parameters that refuse to be used, and `select_format` trades
them for none. No place in Django has to be known by name for an operation to be refused.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Never

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BinaryField
from django.db.models.expressions import Col, F, OrderBy
from django.db.models.sql.compiler import SQLCompiler
from django.utils.functional import cached_property

from ascend.fields import old_column, old_octets, old_values
from ascend.fields.errors import refuse
from ascend.fields.scheme import Index
from ascend.fields.window import NEW, OLD

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField


_OCTETS: Final = BinaryField()  # made once: it costs more than the rest of a look-up's condition


class ComparedCol(Col):
    """A column that the database may compare: of deterministic envelopes, or of an index. It holds no value."""

    def __init__(self, alias: str, target: Any, output_field: Any = _OCTETS) -> None:
        super().__init__(alias, target, output_field)


class RefusedParameters:
    """The parameters of an encrypted column that is used as if it were a value."""

    def __init__(self, field: "EncryptedField") -> None:
        self._field = field

    def _refuse(self, *_arguments: object) -> Never:
        refuse(
            self._field.label,
            "using the column in an expression, a comparison or an order",
            "The database holds envelopes: it cannot compute with them, and would compare random bytes.",
            "Search with the field's indexes; compute and sort in Python, after opening.",
        )

    __iter__ = __len__ = __bool__ = __getitem__ = __add__ = __radd__ = __mul__ = __imul__ = __hash__ = _refuse


class EncryptedCol(Col):
    """A column of envelopes in the SELECT list."""

    target: "EncryptedField"
    index: Index | None = None
    """The index that is meant instead of the column: `ssn__last4`."""

    either_form = False
    """Whether it was selected together with the column that it replaces."""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        sql, _ = super().as_sql(compiler, connection)
        return sql, self.refused_parameters

    @cached_property
    def refused_parameters(self) -> RefusedParameters:
        """What takes the place of parameters: a column's own is asked for in every query."""
        return RefusedParameters(self.target)

    def select_format(self, compiler: SQLCompiler, sql: str, params: Any) -> Any:
        query: Any = compiler.query
        if query.order_by or query.extra_order_by or (query.default_ordering and query.model._meta.ordering):
            self._refuse_order(query)
        if query.distinct or query.combinator or query.group_by is not None:
            self._refuse_sets(query)
        if query.subquery and self._is_named(query):
            self._refuse("selecting the column in a subquery", "The outer query would see envelopes.")
        return (sql if self.target.window is None else self._with_old_form(sql, compiler)), ()

    def _with_old_form(self, sql: str, compiler: SQLCompiler) -> str:
        """Return the envelope, or where there is none the old value, each behind the mark of its column."""
        self.either_form = True
        holds, connection = old_column.of(self.target).holds, compiler.connection
        old, _ = Col(self.alias, holds).as_sql(compiler, connection)
        octets = old_octets.expression(holds, old, connection)
        new_form, old_form = (old_octets.marked(mark, it, connection) for mark, it in ((NEW, sql), (OLD, octets)))
        return f"CASE WHEN {sql} IS NOT NULL THEN {new_form} WHEN {old} IS NOT NULL THEN {old_form} END"

    def get_db_converters(self, connection: BaseDatabaseWrapper) -> list[Any]:
        if self.target.window is None:
            return self.target.get_db_converters(connection)
        if not self.either_form:
            return [old_values.converter_of_raw_sql(self.target)]
        return [old_values.converter(self.target)]

    def _refuse_sets(self, query: Any) -> None:
        """Refuse what compares rows, unless their primary keys or envelopes that are equal are compared."""
        if self.target.scheme.is_deterministic and self.target.window is None and not query.combinator:
            return
        if query.distinct and not query.distinct_fields and not self._row_is_selected(query):
            self._refuse("distinct() without the primary key", "Equal values have different envelopes.")
        if query.combinator and not query.combinator_all and not self._row_is_selected(query):
            self._refuse(f"{query.combinator}() without the primary key", "Equal values have different envelopes.")
        if isinstance(query.group_by, list | tuple) and not self._row_is_among(query.group_by):
            self._refuse("grouping by the column", "Equal values have different envelopes.")

    def _row_is_selected(self, query: Any) -> bool:
        return query.default_cols or self._row_is_among(query.select)

    def _row_is_among(self, expressions: Iterable[Any]) -> bool:
        """Whether the primary key of this column's row is among the expressions, so that each row stands alone."""
        return any(
            isinstance(expression, Col) and expression.alias == self.alias and expression.target.primary_key
            for expression in expressions
        )

    def _is_named(self, query: Any) -> bool:
        """Whether it is selected by name, and is not one of the columns of a whole row or of a group."""
        selected = [*query.select, *query.annotation_select.values()]
        return any(_is_column(expression, self.target) for expression in selected)

    def _refuse_order(self, query: Any) -> None:
        for name in _ordering_names(query):
            expression = _expression_called(query, name)
            if name == self.target.name if expression is None else _is_column(expression, self.target):
                self._refuse(f'order_by("{name}")', "The order of envelopes is the order of random bytes.")

    def _refuse(self, what: str, why: str) -> Never:
        refuse(self.target.label, what, why, "Do it in Python, after opening.")


def _is_column(expression: Any, field: "EncryptedField") -> bool:
    return isinstance(expression, EncryptedCol) and expression.target is field


def _expression_called(query: Any, name: str) -> Any:
    """Return the annotation or the selected column that a query knows by `name`, or None."""
    position = (query.selected or {}).get(name)
    return query.select[position] if isinstance(position, int) else query.annotations.get(name)


def _ordering_names(query: Any) -> Iterator[str]:
    for item in query.extra_order_by or query.order_by or query.get_meta().ordering:
        expression = item.expression if isinstance(item, OrderBy) else item
        if isinstance(expression, F):
            yield expression.name  # type: ignore[attr-defined]
        elif isinstance(expression, str):
            yield expression.lstrip("+-")
