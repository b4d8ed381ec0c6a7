"""Statements that write many rows at once: what Django's `bulk_update` builds, taken apart and sealed row by row."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.db.models import BinaryField, Case, Field, Value, When
from django.db.models.expressions import Col
from django.db.models.functions import Cast
from django.db.models.lookups import Exact
from django.db.models.sql import UpdateQuery
from django.db.models.sql.where import AND, WhereNode

from ascend.envelope import row_part
from ascend.fields import sealing, subject_values
from ascend.fields.errors import refuse
from ascend.scope import current_organization

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField


def seal(field: "EncryptedField", value: Any, pk: Any = None) -> bytes | None:
    """Return the envelope of `value` under the organization in force, for the row `pk` if the field is row-bound."""
    if value is None or (field.empty_is_null and value == ""):
        return None
    if field.scheme.shred_with:
        return subject_values.seal_for_row(field, value, pk)
    return sealing.seal(field, current_organization(), value, row_part(pk) if field.scheme.is_row_bound else b"")


def is_bulk_update(field: "EncryptedField", expression: Any) -> bool:
    """Whether `expression` is what `bulk_update` builds: CASE WHEN pk = … THEN a plain value of this field."""
    case = _case_in(expression)
    return isinstance(case, Case) and all(
        _row_named_by(when) is not None and isinstance(when.result, Value) and when.result.output_field is field
        for when in case.cases
    )


def with_results(
    expression: Any, result: Callable[[Any, Any], bytes | None], column: "Field[Any, Any] | None" = None
) -> Any:
    """Return a copy of a `bulk_update` expression with `result(pk, value)` in place of every value.

    They are octets, or what `column` holds.
    """
    kind = column or BinaryField()
    case = _case_in(expression).copy()
    results = (Value(result(_row_named_by(when), when.result.value), kind) for when in case.cases)
    case.cases = [_with_result(when, found) for when, found in zip(case.cases, results, strict=True)]
    return Cast(case, kind) if isinstance(expression, Cast) else case


def require_organization_in(query: UpdateQuery, field: "EncryptedField") -> None:
    """Refuse an UPDATE that is not limited to the organization in force: other rows would never open again.

    Raises:
        OperationRefused: the model names an `organization_field` and the query does not filter by it.
    """
    attribute = getattr(field.model, "organization_field", None)
    if attribute is None:
        return
    wanted = str(current_organization())
    if any(_names(condition, attribute) and str(condition.rhs) == wanted for condition in _conditions(query.where)):
        return
    refuse(
        field.label,
        "an UPDATE over several organizations",
        "The value is sealed for the organization in force only.",
        f"Add .filter({attribute}=current_organization()) before update() or bulk_update().",
    )


def _case_in(expression: Any) -> Any:
    """Return the CASE; PostgreSQL needs it inside a CAST."""
    return expression.get_source_expressions()[0] if isinstance(expression, Cast) else expression


def _with_result(when: When, result: Value) -> When:
    copied: When = when.copy()
    copied.result = result
    return copied


def _row_named_by(when: When) -> Any:
    """Return the primary key in `WHEN pk = …`, or None if that is not the condition."""
    conditions = list(_conditions(when.condition))
    if len(conditions) != 1 or not isinstance(conditions[0].lhs, Col) or not conditions[0].lhs.target.primary_key:
        return None
    return conditions[0].rhs


def _names(condition: Exact, attribute: str) -> bool:
    return isinstance(condition.lhs, Col) and attribute in {condition.lhs.target.attname, condition.lhs.target.name}


def _conditions(node: Any) -> Iterator[Any]:
    """Yield the equalities that hold for every row that `node` admits."""
    if isinstance(node, WhereNode):
        if node.connector == AND and not node.negated:
            for child in node.children:
                yield from _conditions(child)
    elif getattr(node, "lookup_name", "") == "exact":
        yield node
