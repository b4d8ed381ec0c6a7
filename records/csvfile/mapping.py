"""Which column of a file goes into which field. Every column has an answer, or there is no mapping."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from records import person_fields
from records.person_fields import REFERENCE

IGNORE: Final = "-"
UNDECIDED: Final = ""
_NOT_ALPHANUMERIC: Final = re.compile(r"[\W_]+")


class IncompleteMapping(ValueError):
    """A column has no answer, a field is filled twice, or no column is the reference."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """For each column of the file, in its order, the name of a field or `IGNORE`."""

    targets: tuple[str, ...]

    def __post_init__(self) -> None:
        used = [target for target in self.targets if target != IGNORE]
        if not set(used) <= person_fields.BY_NAME.keys() or len(used) != len(set(used)) or REFERENCE not in used:
            raise IncompleteMapping

    @classmethod
    def of(cls, targets: Sequence[str]) -> Self:
        """Return the mapping of `targets` as a form or a stored job gives them.

        Raises:
            IncompleteMapping: see the class.
        """
        return cls(tuple(targets))

    def columns(self) -> Iterator[tuple[int, str]]:
        """Yield (column index, field name) for each column that is imported."""
        return ((index, target) for index, target in enumerate(self.targets) if target != IGNORE)


def propose(columns: Sequence[str]) -> list[str]:
    """Return a field name for each column whose heading is known, and `UNDECIDED` for the others.

    A field is proposed once: the first column that fits gets it.
    """
    taken: set[str] = set()
    proposed = []
    for column in columns:
        target = next((name for name in _fields_called(column) if name not in taken), UNDECIDED)
        taken.add(target)
        proposed.append(target)
    return proposed


def _fields_called(heading: str) -> Iterator[str]:
    folded = fold(heading)
    return (field.name for field in person_fields.FIELDS if folded in field.aliases or folded == fold(field.name))


def fold(heading: str) -> str:
    """Return a heading without case, accents, spaces and punctuation: "Date of Birth" is "dateofbirth"."""
    plain = "".join(
        character for character in unicodedata.normalize("NFKD", heading) if not unicodedata.combining(character)
    )
    return _NOT_ALPHANUMERIC.sub("", plain).casefold()
