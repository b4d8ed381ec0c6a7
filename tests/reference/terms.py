"""Terms of multi-valued indexes, from docs/spec/blind-index.md alone."""

import re
import unicodedata
from datetime import date


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def words(text: str) -> list[str]:
    """`\\w` has no combining marks: they are told by their category."""
    found, run = [], ""
    for character in folded(text) + "|":
        if re.match("[LNM]", unicodedata.category(character)):
            run += character
        elif run:
            found, run = [*found, run], ""
    return found


def ngrams(size: int, text: str) -> list[str]:
    padded = " " + "".join(word + " " for word in words(text))
    return sorted({padded[at : at + size] for at in range(len(padded)) if len(padded[at : at + size]) == size})


def buckets(number: int, start: int, width: int, sizes: int) -> list[str]:
    """The bucket of each size, by counting from the start in steps of that size."""
    return sorted(f"{size}:{(number - start) // (width * 4**size)}" for size in range(sizes))


def date_buckets(day: date, width: int) -> list[str]:
    sizes = min(sizes for sizes in range(1, 20) if width * 4**sizes > 3652059)
    return buckets(day.toordinal(), 0, width, sizes)


def number_buckets(number: int, width: int) -> list[str]:
    return buckets(number, -width * 4**16 // 2, width, 16)
