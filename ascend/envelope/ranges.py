"""Search dates and numbers by range: a value is in one bucket of each size (spec: blind-index §3.2).

Buckets of one size tile the line, and four of them make one of the next size. A range is tiled by the
few largest buckets that fit, so that one set of digests answers it whatever its length. What the bucket at
either end holds too much, the second pass removes.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Final, Self

from ascend.envelope.multivalued import Match

BRANCHES: Final = 4
NUMBER_LEVELS: Final = 16  # 4^16 buckets of the finest size, as many below zero as above
DATES: Final = "range-date"
NUMBERS: Final = "range-number"
_LAST_ORDINAL: Final = date.max.toordinal()
_ISO_DATE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Buckets of `width` units (days, or ones) and of 4, 16, 64, … times as many. Made by `dates` and `numbers`."""

    family: str
    width: int
    levels: int
    origin: int
    read: Callable[[str], Decimal | None]
    match: ClassVar[Match] = Match.ANY

    @classmethod
    def dates(cls, width: int) -> Self:
        """Return buckets of `width` days or more, for ISO 8601 dates and the dates of date-times.

        Raises:
            ValueError: the finest bucket is not 1 to 3660 days.
        """
        _require(1 <= width <= 3660, "a bucket of dates has 1 to 3660 days")  # noqa: PLR2004 - ten years
        levels = next(levels for levels in range(1, NUMBER_LEVELS) if width * BRANCHES**levels > _LAST_ORDINAL)
        return cls(DATES, width, levels, 0, days)

    @classmethod
    def numbers(cls, width: int) -> Self:
        """Return buckets of `width` ones or more, for integers and decimals; fractions are rounded down.

        Numbers beyond 2^31 times the width are in the outermost bucket: found, at the price of a longer second pass.

        Raises:
            ValueError: the finest bucket is not 1 to 10^15.
        """
        _require(1 <= width <= 10**15, "a bucket of numbers has a width of 1 to 10^15")
        return cls(NUMBERS, width, NUMBER_LEVELS, -width * BRANCHES**NUMBER_LEVELS // 2, number)

    @property
    def name(self) -> str:
        """The name in the index key's derivation."""
        return f"{self.family}-{self.width}"

    def terms(self, value: str) -> frozenset[str]:
        """Return the bucket of each size that `value` is in; nothing if it is no date or number."""
        position = self.read(value)
        if position is None:
            return frozenset()
        bucket = self._bucket(position)
        return frozenset(_term(level, bucket // BRANCHES**level) for level in range(self.levels))

    def between(self, low: str | None, high: str | None) -> frozenset[str]:
        """Return the fewest buckets that hold every value from `low` to `high`, both included; None is no bound.

        Raises:
            ValueError: a bound is no date or number.
        """
        first = 0 if low is None else self._bucket(self._bound(low))
        last = BRANCHES**self.levels - 1 if high is None else self._bucket(self._bound(high))
        return frozenset(self._cover(first, last))

    def inside(self, low: str | None, high: str | None) -> frozenset[str]:
        """Return the fewest buckets of which every value is from `low` to `high`: what `between` has without its ends.

        Raises:
            ValueError: a bound is no date or number.
        """
        first = 0 if low is None else self._bucket(self._bound(low)) + 1
        last = BRANCHES**self.levels - 1 if high is None else self._bucket(self._bound(high)) - 1
        return frozenset(self._cover(first, last))

    def edges(self, *bounds: str) -> frozenset[str]:
        """Return the buckets of the finest size that the bounds are in.

        Raises:
            ValueError: a bound is no date or number.
        """
        return frozenset(_term(0, self._bucket(self._bound(bound))) for bound in bounds)

    def holds(self, value: str, low: str | None, high: str | None) -> bool:
        """Return whether `value` is from `low` to `high`: the second pass. Of date-times it compares the date only."""
        position = self.read(value)
        if position is None:
            return False
        return (low is None or position >= self._bound(low)) and (high is None or position <= self._bound(high))

    def _bound(self, bound: str) -> Decimal:
        position = self.read(bound)
        if position is None:
            raise ValueError(f"the bounds of {self.name} are dates or numbers, as the index is")
        return position

    def _bucket(self, position: Decimal) -> int:
        """Return the number of the finest bucket; the outermost ones take what lies beyond them."""
        last = BRANCHES**self.levels - 1
        if position < self.origin:
            return 0
        # Compared first: the floor of 1e999999 would be a million digits long.
        return (
            last
            if position >= self.origin + (last + 1) * self.width
            else (math.floor(position) - self.origin) // self.width
        )

    def _cover(self, first: int, last: int) -> Iterator[str]:
        for level in range(self.levels - 1):
            while first <= last and first % BRANCHES:
                yield _term(level, first)
                first += 1
            while first <= last and last % BRANCHES != BRANCHES - 1:
                yield _term(level, last)
                last -= 1
            if first > last:
                return
            first, last = first // BRANCHES, last // BRANCHES
        yield from (_term(self.levels - 1, bucket) for bucket in range(first, last + 1))


def days(value: str) -> Decimal | None:
    """Return the day that an ISO 8601 date or date-time names, counted from the year 1; None if it names none."""
    matched = _ISO_DATE.fullmatch(value.strip())
    try:
        return Decimal(date.fromisoformat(matched.group(1)).toordinal()) if matched else None
    except ValueError:
        return None


def number(value: str) -> Decimal | None:
    """Return the number that a text writes in decimal digits, exactly; None if it writes none."""
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return None if found.is_nan() else found


def _term(level: int, bucket: int) -> str:
    return f"{level}:{bucket}"


def _require(condition: bool, message: str) -> None:  # noqa: FBT001 - a private guard
    if not condition:
        raise ValueError(message)
