"""How many bits an index should keep, and what it gives away (spec: blind-index §4).

A narrow index puts several values under one digest: a search finds rows it should not, and a reader of the
database cannot tell those values apart. The idea of weighing the two is CipherSweet's, which publishes its planner:
https://ciphersweet.paragonie.com/php/blind-index-planning. The formulas and bounds here are our own.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ascend.envelope.blind_index import DEFAULT_BITS, MINIMUM_BITS
from ascend.envelope.multivalued import Match

KNOWN_POPULATION: Final = 2**16
"""Up to this many possible values are tried one after another by whoever can insert rows, or matched by frequency."""

_WIDTHS: Final = range(MINIMUM_BITS, DEFAULT_BITS + 1, 8)


class Finding(StrEnum):
    """What a reader of the database learns from one index, or what a search pays for it (IDX-19)."""

    KNOWN = "known"
    """So few values are possible that each is to be taken as known."""

    EQUALITY = "equality"
    """Hardly two values share a digest: who has the same value, and how often it occurs, is plain to see."""

    PIECES = "pieces"
    """The pieces of each value stand together: with a list of names most rows can be named."""

    DISTANCES = "distances"
    """Which values are near one another is plain to see on every scale, and the order nearly so."""

    SLOW = "slow"
    """A search opens more wrong rows than the square root of the table."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What one index has to do. Counts are of one organization's rows; `population` counts possible digested terms."""

    rows: int
    population: int
    terms_per_value: int = 1
    terms_per_question: int = 1
    match: Match | None = None
    is_lossless: bool = False

    def __post_init__(self) -> None:
        if min(self.rows, self.population, self.terms_per_value, self.terms_per_question) < 1:
            raise ValueError("rows, population and terms are counted from 1")


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of one index at one width; counts are averages over evenly spread values."""

    bits: int
    coincidences: float
    """Other values of the table under the digest of a value."""
    rows_per_digest: float
    """Rows that a reader of the database sees under one digest."""
    false_positives: float
    """Rows that one search opens in vain because digests coincide."""
    visible_bits: float
    """What the index of one row tells about its value, at most."""
    findings: tuple[Finding, ...]


def forecast(workload: Workload, bits: int) -> Forecast:
    """Return what to expect of an index of `bits` bits (IDX-18)."""
    coincidences = (_distinct(workload.rows * workload.terms_per_value, workload.population) - 1) / 2.0**bits
    false_positives = _false_positives(workload, bits)
    return Forecast(
        bits=bits,
        coincidences=coincidences,
        rows_per_digest=_rows_per_digest(workload, bits),
        false_positives=false_positives,
        visible_bits=_visible_bits(workload, bits),
        findings=tuple(_findings(workload, coincidences, false_positives)),
    )


def recommend(workload: Workload) -> Forecast:
    """Return the forecast of the narrowest width that is fast enough; 128 bits for a lossless index (IDX-18)."""
    if workload.is_lossless:
        return forecast(workload, DEFAULT_BITS)
    enough = (bits for bits in _WIDTHS if _false_positives(workload, bits) <= math.sqrt(workload.rows))
    return forecast(workload, next(enough, DEFAULT_BITS))


def rows_alike(rows: int, forecasts: Iterable[Forecast]) -> float:
    """Return how many *other* rows have all digests of a row in common with it (IDX-18).

    Less than one: the indexes of the field together tell each row from all others.
    """
    return (rows - 1) / 2.0 ** min(sum(found.visible_bits for found in forecasts), float(DEFAULT_BITS))


def _distinct(drawn: int, kinds: int) -> float:
    """Return how many of `kinds` are met in so many even draws: k(1 - (1 - 1/k)^n), without losing small digits."""
    return 1.0 if kinds == 1 else max(1.0, -kinds * math.expm1(drawn * math.log1p(-1 / kinds)))


def _false_positives(workload: Workload, bits: int) -> float:
    if workload.match is None:
        return workload.rows * (1 - 1 / workload.population) / 2.0**bits
    pairs = 1 if workload.match is Match.ALL else workload.terms_per_question
    meets = -math.expm1(workload.terms_per_value * pairs * math.log1p(-(2.0**-bits)))
    return float(workload.rows * meets ** (workload.terms_per_question if workload.match is Match.ALL else 1))


def _rows_per_digest(workload: Workload, bits: int) -> float:
    terms = workload.rows * workload.terms_per_value
    seen = _distinct(terms, workload.population)
    digests = -(2.0**bits) * math.expm1(seen * math.log1p(-(2.0**-bits)))
    return terms / max(digests, 1.0)


def _visible_bits(workload: Workload, bits: int) -> float:
    """Return min(width, entropy); pieces add up, while the buckets of a value are one in the other."""
    entropy = math.log2(workload.population)
    if workload.match is Match.ANY:
        return min(float(bits * workload.terms_per_value), entropy)
    return workload.terms_per_value * min(float(bits), entropy)


def _findings(workload: Workload, coincidences: float, false_positives: float) -> Iterable[Finding]:
    if workload.population <= KNOWN_POPULATION:
        yield Finding.KNOWN
    if coincidences < 1:
        yield Finding.EQUALITY
    if workload.match is Match.ALL:
        yield Finding.PIECES
    if workload.match is Match.ANY:
        yield Finding.DISTANCES
    if false_positives > math.sqrt(workload.rows):
        yield Finding.SLOW
