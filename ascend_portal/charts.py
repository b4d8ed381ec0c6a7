"""Charts as numbers: the geometry of an area chart and of a donut, drawn as SVG on the server.

No script draws anything and no chart goes without the table beneath it. Sizes and positions are
SVG attributes, since the content security policy allows no style attribute.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils import formats

WIDTH = 1000
HEIGHT = 200
GRID_LINES = 4
THOUSAND = 1000
TEN = 10
X_LABELS = 4
# A circle of this radius has a circumference of 100, so a share in percent is its dash length.
DONUT_RADIUS = 15.9155
QUARTER = 25


@dataclass(frozen=True, slots=True)
class Series:
    """One line of an area chart: its name and a value per label."""

    name: str
    values: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table under a chart."""

    label: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AreaChart:
    """One or two daily series over the same labels; the second is drawn dashed."""

    id: str
    title: str
    label_heading: str
    labels: Sequence[str]
    series: Sequence[Series]

    @property
    def ceiling(self) -> int:
        """Return the top of the value axis: a round number that four grid lines divide evenly."""
        return round_up(max((value for series in self.series for value in series.values), default=0))

    @property
    def lines(self) -> list[str]:
        return [self._line(series.values) for series in self.series]

    @property
    def area(self) -> str:
        return f"{self.lines[0]}L{WIDTH},{HEIGHT}L0,{HEIGHT}Z" if self.series else ""

    @property
    def grid(self) -> list[int]:
        return [line * HEIGHT // GRID_LINES for line in range(GRID_LINES + 1)]

    @property
    def y_labels(self) -> list[str]:
        return [compact(self.ceiling * line / GRID_LINES) for line in range(GRID_LINES, -1, -1)]

    @property
    def x_labels(self) -> list[str]:
        last = len(self.labels) - 1
        return [self.labels[last * mark // (X_LABELS - 1)] for mark in range(X_LABELS)] if last > 0 else []

    @property
    def rows(self) -> list[Row]:
        columns = zip(*(series.values for series in self.series), strict=True)
        return [Row(label, values) for label, values in zip(self.labels, columns, strict=True)]

    @property
    def points(self) -> list[list[str]]:
        """Return what the arrow keys read: per label its name and each series with its value."""
        return [[row.label, *self._spoken(row)] for row in self.rows]

    def _spoken(self, row: Row) -> list[str]:
        named = zip(self.series, row.values, strict=True)
        return [f"{series.name}: {formats.number_format(value, force_grouping=True)}" for series, value in named]

    def _line(self, values: Sequence[int]) -> str:
        step = WIDTH / max(len(values) - 1, 1)
        points = [
            f"{index * step:.1f},{HEIGHT - value / self.ceiling * HEIGHT:.1f}" for index, value in enumerate(values)
        ]
        return "M" + "L".join(points)


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a donut: its name, how many, and the tint of its arc."""

    name: str
    count: int
    tint: Literal["a", "b", "c", "d"]


@dataclass(frozen=True, slots=True)
class Arc:
    """A share with the geometry of its arc: dash lengths in percent of the circle."""

    share: Share
    percent: float
    offset: float

    @property
    def dashes(self) -> str:
        return f"{self.percent:.2f} {100 - self.percent:.2f}"


@dataclass(frozen=True, slots=True)
class Donut:
    """Shares of a whole around a number and its caption."""

    title: str
    center: str
    caption: str
    shares: Sequence[Share]

    @property
    def arcs(self) -> list[Arc]:
        whole = sum(share.count for share in self.shares) or 1
        arcs, turned = [], 0.0
        for share in self.shares:
            percent = share.count / whole * 100
            arcs.append(Arc(share, percent, (QUARTER - turned) % 100))
            turned += percent
        return arcs


def round_up(value: int) -> int:
    """Return the smallest pleasant axis end at or above `value`: 4, 8, 12, 20, 40, 80, 100, 200 and so on."""
    if value <= GRID_LINES:
        return GRID_LINES
    magnitude = 10 ** math.floor(math.log10(value))
    steps = (1.2, 2, 4, 6, 8, 10) if magnitude >= TEN else (4, 8, 12)
    return next(int(step * magnitude) for step in steps if step * magnitude >= value)


def compact(value: float) -> str:
    """Return a short axis label: 1500 gives "1.5k"."""
    return f"{value / THOUSAND:g}k" if value >= THOUSAND else f"{value:g}"
