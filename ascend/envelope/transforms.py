"""Named ways to normalise a value before it is indexed (spec: blind-index §2).

A transform is part of the index key's derivation: once released its results never change. What
it returns for its own result is that result, so a search may pass "1234" as well as the whole number.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from ascend.envelope.ngrams import Ngrams
from ascend.envelope.normalization import canonical_fold, compatible_fold, decimal_digits, words
from ascend.envelope.ranges import DATES, NUMBERS, Buckets

_LAST: Final = 4
_PHONE_DIGITS: Final = range(7, 10)  # a subscriber's number has 7 to 9 digits without its country's or trunk prefix
_PREFIX_LENGTHS: Final = range(1, 17)
_ISO_YEAR: Final = re.compile(r"([0-9]{4})(?:-[0-9]{2}-[0-9]{2}(?:[T ].*)?)?", re.DOTALL)
_ISO_MONTH: Final = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2]))(?:-[0-9]{2}(?:[T ].*)?)?", re.DOTALL)
_PARAMETER: Final = re.compile(r"([a-z-]+)-([1-9][0-9]*)")


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
    """Drop differences of case and of composed characters, and white space around."""
    return canonical_fold(value.strip())


def last4(value: str) -> str | None:
    """Keep the last four letters or digits, whatever separates them; nothing if there are fewer."""
    kept = compatible_fold("".join(character for character in compatible_fold(value) if character.isalnum()))
    return kept[-_LAST:] if len(kept) >= _LAST else None


def year(value: str) -> str | None:
    """Keep the year of an ISO 8601 date (or a year alone)."""
    matched = _ISO_YEAR.fullmatch(value.strip())
    return matched.group(1) if matched else None


def month(value: str) -> str | None:
    """Keep year and month of an ISO 8601 date (or a year and month alone)."""
    matched = _ISO_MONTH.fullmatch(value.strip())
    return matched.group(1) if matched else None


def digits(value: str) -> str:
    """Keep the decimal digits of any script, written 0 to 9."""
    return decimal_digits(value)


def phone(value: str) -> str | None:
    """Keep the last nine digits: +49 30 1234567 and 030 1234567 are one number. Nothing if there are under seven."""
    kept = decimal_digits(value)[-_PHONE_DIGITS[-1] :]
    return kept if len(kept) in _PHONE_DIGITS else None


def email_domain(value: str) -> str | None:
    """Keep what follows the last @ (or a domain alone), without case and without the root's dot."""
    domain = casefold(value.rpartition("@")[2]).rstrip(".")
    # Free text in an e-mail column is no domain: indexing it would make it searchable as a whole.
    return None if any(character.isspace() for character in domain) else domain


def prefix(length: int) -> Transform:
    """Return the transform that keeps the first `length` letters, digits and marks; nothing if there are fewer.

    A shorter value is left out, because a search for "Al" would find it and miss "Alice".

    Raises:
        ValueError: the length is not 1 to 16.
    """
    if length not in _PREFIX_LENGTHS:
        raise ValueError(f"a prefix index keeps {_PREFIX_LENGTHS[0]} to {_PREFIX_LENGTHS[-1]} characters")
    return Transform(
        f"prefix-{length}", lambda value: kept if len(kept := _squeezed(value)[:length]) == length else None
    )


def starts_with(value: str, beginning: str) -> bool:
    """Return whether `value` begins with `beginning`: the second pass over what a prefix index found."""
    return _squeezed(value).startswith(_squeezed(beginning))


def _squeezed(value: str) -> str:
    # Folded again: what a separator kept apart may be one composed character now.
    return compatible_fold("".join(words(value)))


TRANSFORMS: Final = MappingProxyType(
    {
        transform.name: transform
        for transform in (
            Transform("exact", exact, lossless=True),
            Transform("casefold", casefold),
            Transform("last4", last4),
            Transform("year", year),
            Transform("month", month),
            Transform("digits", digits),
            Transform("phone", phone),
            Transform("email-domain", email_domain),
        )
    }
)

FAMILIES: Final[Mapping[str, Callable[[int], Transform | Ngrams | Buckets]]] = MappingProxyType(
    {"prefix": prefix, "ngram": Ngrams, DATES: Buckets.dates, NUMBERS: Buckets.numbers}
)


@lru_cache(maxsize=256)
def named(name: str) -> Transform | Ngrams | Buckets:
    """Return the transform of this name, "last4" as well as "prefix-3" or "range-date-32" (IDX-9).

    Raises:
        LookupError: there is none, or its number is written in another way: one transform, one name, one key.
        ValueError: its number is out of range.
    """
    if name in TRANSFORMS:
        return TRANSFORMS[name]
    matched = _PARAMETER.fullmatch(name)
    if matched is None or matched.group(1) not in FAMILIES:
        raise LookupError(f"there is no transform {name!r}")
    return FAMILIES[matched.group(1)](int(matched.group(2)))
