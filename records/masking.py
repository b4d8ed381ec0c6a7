"""What may be seen of a protected value without revealing it. Pure text in, pure text out.

A mask never tells how long the hidden part is: the number of dots is fixed, except that a name
keeps its number of words, as people tell each other apart by them.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

DOTS: Final = "•••"
_NAME_WORDS: Final = 4
_FIRST_WORD_DOTS: Final = DOTS
_LATER_WORD_DOTS: Final = "•" * 7
_SHORTEST_FOR_FOUR: Final = 8
_SHORTEST_FOR_TWO: Final = 6


def name(value: str) -> str:
    """Return the initials: `A••• L•••••••`."""
    first, *later = value.split()[:_NAME_WORDS] or [""]
    return " ".join([first[:1] + _FIRST_WORD_DOTS, *(word[0] + _LATER_WORD_DOTS for word in later)])


def email(value: str) -> str:
    """Return the first letter and the domain: `a•••@example.org`."""
    local, at, domain = value.rpartition("@")
    return f"{local[:1]}{DOTS}@{domain}" if at and local and domain else DOTS


def phone(value: str) -> str:
    """Return the last two digits, which are too few to call: `•••42`."""
    return DOTS + _last(value, kept=2, shortest=_SHORTEST_FOR_TWO)


def last_four(value: str) -> str:
    """Return the last four letters or digits, unless that is half of it or more: `•••6789`."""
    return DOTS + _last(value, kept=4, shortest=_SHORTEST_FOR_FOUR)


def birth_year(value: date | str) -> str:
    """Return the year: `1980-••-••`."""
    year = str(value.year).zfill(4) if isinstance(value, date) else value[:4]
    return f"{year}-••-••"


def hidden(_value: object) -> str:
    """Return nothing of the value."""
    return DOTS


def _last(value: str, *, kept: int, shortest: int) -> str:
    significant = [character for character in value if character.isalnum()]
    return "".join(significant[-kept:]) if len(significant) >= shortest else ""


MASKS: Final[dict[str, Callable[..., str]]] = {
    "name": name,
    "email": email,
    "phone": phone,
    "ssn": last_four,
    "date_of_birth": birth_year,
    "account_number": last_four,
    "address": hidden,
    "notes": hidden,
}


def mask(field: str, value: str | date | None) -> str:
    """Return what may be seen of `value` of the protected field `field`; an absent value is an empty text."""
    if value is None:
        return ""
    return MASKS[field](value) if value != "" else ""
