"""Named ways to normalise a value before it is indexed (spec: blind-index §2).

A transform is part of the index key's derivation: once released its results never change. What
it returns for its own result is that result, so a search may pass "1234" as well as the whole number.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_LAST: Final = 4
_ISO_YEAR: Final = re.compile(r"([0-9]{4})(?:-[0-9]{2}-[0-9]{2}(?:[T ].*)?)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Transform:
    """One named transform; only a lossless one can serve uniqueness and `get`."""

    name: str
    function: Callable[[str], str | None]
    lossless: bool = False

    def __call__(self, value: str) -> str | None:
        """Return the normalised value, or None where there is nothing to index (the column is NULL)."""
        return self.function(value) or None


def exact(value: str) -> str:
    """Keep the value as it is, to the code point."""
    return value


def casefold(value: str) -> str:
    """Drop differences of case and of composed characters, and white space around (Unicode 3.13, D145)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", value.strip()).casefold())


def last4(value: str) -> str | None:
    """Keep the last four letters or digits, whatever separates them; nothing if there are fewer."""
    kept = _compatible("".join(character for character in _compatible(value) if character.isalnum()))
    return kept[-_LAST:] if len(kept) >= _LAST else None


def year(value: str) -> str | None:
    """Keep the year of an ISO 8601 date (or a year alone)."""
    matched = _ISO_YEAR.fullmatch(value.strip())
    return matched.group(1) if matched else None


def digits(value: str) -> str:
    """Keep the decimal digits of any script, written 0 to 9."""
    return "".join(str(unicodedata.decimal(character)) for character in value if character.isdecimal())


def email_domain(value: str) -> str | None:
    """Keep what follows the last @ (or a domain alone), without case and without the root's dot."""
    domain = casefold(value.rpartition("@")[2]).rstrip(".")
    # Free text in an e-mail column is no domain: indexing it would make it searchable as a whole.
    return None if any(character.isspace() for character in domain) else domain


def _compatible(value: str) -> str:
    """Fold case and compatibility forms (Unicode 3.13: toNFKC_Casefold without the ignorable characters)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


TRANSFORMS: Final = MappingProxyType(
    {
        transform.name: transform
        for transform in (
            Transform("exact", exact, lossless=True),
            Transform("casefold", casefold),
            Transform("last4", last4),
            Transform("year", year),
            Transform("digits", digits),
            Transform("email-domain", email_domain),
        )
    }
)
