"""Questions to a range index: before, after, between. Equality of buckets is asked in the database.

At 128 bits the buckets inside of a range hold nothing else, and only what is found in the two at its ends is opened.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ascend.envelope.multivalued import Match
from ascend.envelope.ranges import NUMBERS, Buckets
from ascend.fields.questions import Question
from ascend.fields.scheme import Index

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

BETWEEN: Final = "range"
COMPARES: Final[Mapping[str, Callable[[Any, Any], Any]]] = MappingProxyType(
    {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
)
FROM_BELOW: Final = frozenset({"gt", "gte"})
LOOKUPS: Final = (*COMPARES, BETWEEN)


@dataclass(frozen=True, slots=True)
class _Bound:
    """One end of a range: as Python compares it, and as the index reads it."""

    value: Any
    text: str


def in_range(field: "EncryptedField", index: Index, lookup: str, asked: Any) -> Question:
    """Ask for the values before, after or between.

    Raises:
        ValueError: a bound is no date or number, or a range has not two.
        ValidationError: a bound is no date; the error does not hold it.
    """
    if lookup == BETWEEN:
        first, last = (_bound(field, index, end) for end in _two(asked))
        return _question(index, first, last, lambda value: first.value <= value <= last.value)
    bound, compare = _bound(field, index, asked), COMPARES[lookup]
    low, high = (bound, None) if lookup in FROM_BELOW else (None, bound)
    return _question(index, low, high, lambda value: bool(compare(value, bound.value)))


def _question(index: Index, low: _Bound | None, high: _Bound | None, holds: Callable[[Any], bool]) -> Question:
    buckets = index.transform
    if not isinstance(buckets, Buckets):
        raise TypeError(index.name)
    ends = (low.text if low else None, high.text if high else None)
    if not index.tells_values_apart:
        return Question(index, Match.ANY, buckets.between(*ends), holds)
    edges = buckets.edges(*(end for end in ends if end is not None))
    return Question(index, Match.ANY, edges, holds, certain=buckets.inside(*ends))


def _bound(field: "EncryptedField", index: Index, asked: Any) -> _Bound:
    if not index.name.startswith(NUMBERS):
        text = field.text_of(asked)
        return _Bound(field.decode(text.encode()), text)
    number = Decimal(field.to_python(asked) if isinstance(asked, str) else asked)
    if number.is_nan():
        raise ValueError("a range has no end that is not a number")
    return _Bound(number, str(number))


def _two(asked: Any) -> tuple[Any, Any]:
    try:
        low, high = asked
    except (TypeError, ValueError):
        raise ValueError("a range has two ends") from None
    return low, high
