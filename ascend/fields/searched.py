"""What a transform is given of a value that somebody searches for, or why it is given nothing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from ascend.fields.errors import refuse
from ascend.fields.scheme import Index

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

EXACT: Final = "exact"
DIGITS_OF: Final = {"year": 4, "last4": 4}
NEEDS: Final = {
    "prefix": "Search for as many letters or digits as the index keeps, or more.",
    "month": 'Name the year as well: "1980-05", or a date.',
}
NEEDS_ENOUGH: Final = tuple(NEEDS)


def texts_of(field: "EncryptedField", index: Index, values: Any) -> list[str]:
    """Return what the transform is given of each value of an `in`, `None` left out.

    Raises:
        OperationRefused: they are no list of values, or one of them cannot be answered.
    """
    if hasattr(values, "resolve_expression") or isinstance(values, str) or not isinstance(values, Iterable):
        refuse(
            field.label, "__in with a query or an expression", "It would compare envelopes.", "Pass a list of values."
        )
    return [text_of(field, index, value) for value in values if value is not None]


def text_of(field: "EncryptedField", index: Index, value: Any) -> str:
    """Return what the transform is given: a whole value, or its own result ("1234", 1980, "example.org").

    Raises:
        OperationRefused: it is an expression, or too little to be answered.
    """
    if hasattr(value, "resolve_expression"):
        refuse(field.label, "comparing with an expression", "The database cannot hash.", "Pass the plain value.")
    if index.name == EXACT:
        return field.text_of(value)
    if isinstance(value, int):
        text = f"{value:0{DIGITS_OF.get(index.name, 0)}d}"
    else:
        text = value if isinstance(value, str) else field.text_of(value)
    _require_enough(field, index, text)
    return text


def _require_enough(field: "EncryptedField", index: Index, text: str) -> None:
    """Refuse a question that would be answered with no rows although there are some (IDX-13)."""
    if index.name.startswith(NEEDS_ENOUGH) and index.normalise(text) is None:
        family = index.name.partition("-")[0]
        why = "The values that answer it are under many hashes."
        refuse(field.label, f'this search with "{index.lookup_name}"', why, NEEDS[family])
