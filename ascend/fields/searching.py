"""Which index answers which of Django's lookups: pieces and beginnings of a text, before, after and between."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from ascend.fields import questions, range_questions, rechecked
from ascend.fields.columns import EncryptedCol
from ascend.fields.errors import refuse
from ascend.fields.questions import LITERALLY, Question
from ascend.fields.scheme import Index

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

WORDS: Final = "words"
PREFIX: Final = "prefix"
ALIKE: Final = "iexact"
BEGINNINGS: Final = ("startswith", "istartswith")
OF_FAMILY: Final = {
    "casefold": (ALIKE,),
    "ngram": (*LITERALLY, WORDS),
    "prefix": (*BEGINNINGS, PREFIX),
    "range": range_questions.LOOKUPS,
}
"""The lookups that each family of indexes serves."""

Make = Callable[[Index], Question]


def is_served(field: "EncryptedField", lookup: str) -> bool:
    """Whether one of the field's indexes answers a lookup that is not named after it."""
    return any(True for _ in _serving(field, lookup))


def served_lookups(field: "EncryptedField") -> list[str]:
    """Return the lookups that the field has by its prefix, n-gram and range indexes."""
    names = (name for index in field.scheme.indexes for name in OF_FAMILY.get(_family(index), ()))
    return list(dict.fromkeys(names))


def search(lhs: EncryptedCol, asked: Any, lookup: str) -> rechecked.Rechecked:
    """Return the condition of `field__<lookup>=asked`.

    Raises:
        OperationRefused: the question is too short for every index, is no date or number, or is an expression.
        ValueError: it is None, which no index holds.
    """
    field = lhs.target
    if asked is None:
        raise ValueError("Cannot use None as a query value")  # as Django says
    if hasattr(asked, "resolve_expression"):
        refuse(field.label, "comparing with an expression", "The database cannot hash.", "Pass the plain value.")
    make = _ranges(field, lookup, asked) if lookup in range_questions.LOOKUPS else _texts(lookup, str(asked))
    return rechecked.condition(lhs, _first_that_fits(field, lookup, make))


def _first_that_fits(field: "EncryptedField", lookup: str, make: Make) -> Question:
    reasons = []
    for index in _serving(field, lookup):
        try:
            return make(index)
        except ValueError as error:  # our own: none of them holds what was searched for
            reasons.append(str(error))
    why = f"Its index cannot answer: {'; '.join(reasons)}."
    return refuse(field.label, f'this search with "{lookup}"', why, "Ask for more.")


def _texts(lookup: str, asked: str) -> Make:
    def make(index: Index) -> Question:
        if _family(index) == "prefix":
            return questions.begins_with(index, lookup, asked)
        if lookup == ALIKE:
            return questions.is_alike(index, asked)
        if lookup == WORDS:
            return questions.has_all_words(index, asked)
        return questions.has_the_fragment(index, lookup, asked)

    return make


def _ranges(field: "EncryptedField", lookup: str, asked: Any) -> Make:
    return lambda index: range_questions.in_range(field, index, lookup, asked)


def _serving(field: "EncryptedField", lookup: str) -> Iterator[Index]:
    """Yield the indexes that answer a lookup: the most characters first, since they find the fewest rows."""
    serving = (index for index in field.scheme.indexes if lookup in OF_FAMILY.get(_family(index), ()))
    yield from sorted(serving, key=lambda index: (_family(index) != PREFIX, -_size(index)))


def _family(index: Index) -> str:
    return index.name.partition("-")[0]


def _size(index: Index) -> int:
    size = index.name.rpartition("-")[2]
    return int(size) if size.isdecimal() else 0
