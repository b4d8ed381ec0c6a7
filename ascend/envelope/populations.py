"""What is assumed of a column when nothing else is known: how many values a transform can give (spec: blind-index §4).

Each number errs towards too many, which makes an index look safer than it is: whoever knows the column better
says so.
"""

from typing import Final

from ascend.envelope.multivalued import Match
from ascend.envelope.ngrams import Ngrams
from ascend.envelope.planning import Workload
from ascend.envelope.ranges import BRANCHES, DATES, Buckets
from ascend.envelope.transforms import Transform, named

_LIFETIME_YEARS: Final = 120
LIFETIME_DAYS: Final = 43_830
_ALPHABET: Final = 26
_NAME_PIECES: Final = {2: 600, 3: 8_000}  # of the 27^n runs of letters and blanks, those that names have
_NAME_LENGTH: Final = 14
_FRAGMENT_LENGTH: Final = 5
_POPULATIONS: Final = {
    "year": _LIFETIME_YEARS,
    "month": 12 * _LIFETIME_YEARS,
    "last4": 10_000,
    "email-domain": 2_000,
}
_MANY: Final = 10**9  # people, telephones, account numbers


def workload(name: str, rows: int, population: int | None = None) -> Workload:
    """Return what an index of this transform has to do over `rows` rows.

    Without `population` it is estimated: for a whole value so many that no two rows are equal.

    Raises:
        LookupError: there is no such transform.
        ValueError: a count is not at least 1, or the transform's number is out of range.
    """
    transform = named(name)
    if isinstance(transform, Transform):
        return Workload(rows, _given(population, _estimate(name, rows)), is_lossless=transform.lossless)
    if isinstance(transform, Ngrams):
        pieces = _given(population, _NAME_PIECES[transform.size])
        asked = _FRAGMENT_LENGTH - transform.size + 1
        return Workload(rows, pieces, _NAME_LENGTH, asked, Match.ALL)
    return _of_buckets(transform, rows, population)


def _of_buckets(buckets: Buckets, rows: int, population: int | None) -> Workload:
    estimate = max(1, LIFETIME_DAYS // buckets.width) if buckets.family == DATES else max(rows, _MANY)
    asked = 2 * (BRANCHES - 1) * (buckets.levels - 1) + BRANCHES
    return Workload(rows, _given(population, estimate), buckets.levels, asked, Match.ANY)


def _estimate(name: str, rows: int) -> int:
    family, _, length = name.rpartition("-")
    if family == "prefix":
        return int(_ALPHABET ** int(length))
    return _POPULATIONS.get(name, max(rows, _MANY))


def _given(population: int | None, estimate: int) -> int:
    return estimate if population is None else population
