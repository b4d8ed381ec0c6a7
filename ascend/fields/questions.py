"""What a search asks of an index: which normal forms a row may be found under, and whether a value answers.

The first is hashed and asked in the database. It finds every row that answers, and others. So a question
also compares an opened value: `holds`. It keeps what was searched for, and is never shown or pickled.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from dataclasses import field as attribute
from types import MappingProxyType
from typing import Any, Final, Never

from ascend.envelope.multivalued import Match
from ascend.envelope.ngrams import Ngrams, has_fragment, has_words
from ascend.envelope.normalization import canonical_fold, compatible_fold
from ascend.envelope.transforms import starts_with
from ascend.fields.errors import OperationRefused
from ascend.fields.scheme import Index

Compare = Callable[[str, str], bool]


def _folded(compare: Compare) -> Compare:
    return lambda value, asked: compare(compatible_fold(value), compatible_fold(asked))


def _contains(value: str, asked: str) -> bool:
    return asked in value


LITERALLY: Final[Mapping[str, Compare]] = MappingProxyType(
    {
        "contains": _contains,
        "icontains": _folded(_contains),
        "startswith": str.startswith,
        "istartswith": _folded(str.startswith),
        "endswith": str.endswith,
        "iendswith": _folded(str.endswith),
    }
)
"""How Django's own lookups compare. What an index cannot know (case, separators) decides here."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to one index.

    `terms` are the normal forms that answering rows are found under: all of them, or one. Of the rows
    found under one of `certain` nothing has to be opened.
    """

    index: Index
    match: Match
    terms: AbstractSet[str] = attribute(repr=False)
    holds: Callable[[Any], bool] = attribute(repr=False)
    certain: AbstractSet[str] = attribute(default=frozenset(), repr=False)

    def __reduce__(self) -> Never:
        raise OperationRefused("A search that compares opened values is not pickled: pickle its results.")

    def __deepcopy__(self, memo: dict[int, Any]) -> "Question":
        return self


def is_one_of(index: Index, normals: AbstractSet[str], text_of: Callable[[Any], str]) -> Question:
    """Ask for the values with one of these normal forms."""
    return Question(index, Match.ANY, normals, lambda value: index.normalise(text_of(value)) in normals)


def has_the_fragment(index: Index, lookup: str, asked: str) -> Question:
    """Ask for the values that have a fragment in them, at their beginning or at their end.

    Raises:
        ValueError: the fragment is too short. It would find every row.
    """
    literally = LITERALLY[lookup]
    terms = _pieces(index).of_fragment(asked)
    return Question(index, Match.ALL, terms, lambda value: has_fragment(value, asked) and literally(value, asked))


def has_all_words(index: Index, asked: str) -> Question:
    """Ask for the values that have all these words, in whatever order.

    Raises:
        ValueError: there is no word.
    """
    return Question(index, Match.ALL, _pieces(index).of_words(asked), lambda value: has_words(value, asked))


def is_alike(index: Index, asked: str) -> Question:
    """Ask for the values that differ from a text in case only, or in how their characters are composed.

    Raises:
        ValueError: there is nothing in it that the index keeps.
    """
    terms, folded = index.terms(asked), canonical_fold(asked)
    if not terms:
        raise ValueError(f"{index.name} keeps no empty text")
    return Question(index, Match.ANY, terms, lambda value: canonical_fold(value) == folded)


def begins_with(index: Index, lookup: str, asked: str) -> Question:
    """Ask for the values that begin with a text, by their first characters.

    Raises:
        ValueError: it is shorter than what the index keeps: the values that begin with it are under many hashes.
    """
    terms = index.terms(asked)
    if not terms:
        raise ValueError(f"{index.name} needs at least {index.name.rpartition('-')[2]} letters or digits")
    literally = LITERALLY.get(lookup, starts_with)

    def holds(value: str) -> bool:
        return starts_with(value, asked) and literally(value, asked)

    if literally is starts_with and index.tells_values_apart and starts_with(min(terms), asked):
        return Question(index, Match.ANY, frozenset(), holds, certain=terms)  # it asks for just what is kept
    return Question(index, Match.ANY, terms, holds)


def _pieces(index: Index) -> Ngrams:
    transform = index.transform
    if not isinstance(transform, Ngrams):
        raise TypeError(index.name)
    return transform
