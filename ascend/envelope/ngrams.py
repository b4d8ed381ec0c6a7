"""Search inside names by their pieces: every run of n characters is a term (spec: blind-index §3.1).

" ada lovelace " has the 3-grams " ad", "ada", "da ", "a l", … A row that holds all pieces of "lovel" need not hold
them in that order, and narrow digests coincide: the second pass removes what was found falsely.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from ascend.envelope.multivalued import Match
from ascend.envelope.normalization import words

SIZES: Final = (2, 3)  # a word of one letter between its blanks is 3 characters: no word may be too short for a piece


@dataclass(frozen=True, slots=True)
class Ngrams:
    """The pieces of `size` characters of a text. Found rows hold all of a question's pieces."""

    size: int
    match: ClassVar[Match] = Match.ALL

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ValueError(f"an n-gram index has pieces of {SIZES[0]} or {SIZES[-1]} characters")

    @property
    def name(self) -> str:
        """The name in the index key's derivation."""
        return f"ngram-{self.size}"

    def terms(self, value: str) -> frozenset[str]:
        """Return the pieces of a value, its words between blanks; nothing if it has no word."""
        return self._pieces(_between_blanks(value)) if words(value) else frozenset()

    def of_fragment(self, fragment: str) -> frozenset[str]:
        """Return the pieces that every value with `fragment` in it holds.

        Raises:
            ValueError: the fragment is shorter than one piece. It would find every row.
        """
        joined = " ".join(words(fragment))
        if len(joined) < self.size:
            raise ValueError(f"a search by fragments needs at least {self.size} letters or digits")
        return self._pieces(joined)

    def of_words(self, wanted: str) -> frozenset[str]:
        """Return the pieces that every value with all of these whole words holds, in whatever order.

        Raises:
            ValueError: there is no word.
        """
        found = words(wanted)
        if not found:
            raise ValueError("a search by words needs at least one")
        return frozenset().union(*(self._pieces(f" {word} ") for word in found))

    def _pieces(self, text: str) -> frozenset[str]:
        return frozenset(text[start : start + self.size] for start in range(len(text) - self.size + 1))


def has_fragment(value: str, fragment: str) -> bool:
    """Return whether `value` has `fragment` in it: the second pass over what `of_fragment` found."""
    return " ".join(words(fragment)) in _between_blanks(value)


def has_words(value: str, wanted: str) -> bool:
    """Return whether `value` has all these words: the second pass over what `of_words` found."""
    return set(words(wanted)) <= set(words(value))


def _between_blanks(value: str) -> str:
    return f" {' '.join(words(value))} "
