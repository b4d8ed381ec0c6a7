"""The lines that are timed, for each kind in turn, and their ratios.

Line by line all kinds are measured one after another, so that two sides of a ratio are seconds apart; neither side
always goes first. A reading line runs three times and the quickest counts: nothing makes a run quicker than it is.
Python's garbage collector rests while the clock runs. Processor time is this process's own: what another process on
the machine takes does not count, and what a database server does for us does not either; time on the wall has both.
"""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.field_project import Kind, rows_of

BATCH = 500
LOOKUPS = 500
PASSES = 3
LINES = ("bulk_create", "read every field", "read none of them", "look-up", "save()")


class Seconds(NamedTuple):
    """What one line took."""

    processor: float
    wall: float


Repeat = dict[str, dict[str, Seconds]]  # by line, then by kind


def timed(action: Callable[[], Any]) -> Seconds:
    gc.collect()
    gc.disable()
    try:
        processor, wall = time.process_time(), time.perf_counter()
        action()
        return Seconds(time.process_time() - processor, time.perf_counter() - wall)
    finally:
        gc.enable()


def quickest(action: Callable[[], Any]) -> Seconds:
    passes = [timed(action) for _ in range(PASSES)]
    return Seconds(min(each.processor for each in passes), min(each.wall for each in passes))


def read_all(model: Any) -> None:
    for row in model.objects.iterator():
        _ = row.ssn, row.email, row.account_number, row.city


def read_none(model: Any) -> None:
    for row in model.objects.iterator():
        _ = row.name


def look_up(kind: Kind, count: int) -> None:
    objects, asked = kind.model.objects, kind.asked
    for n in range(LOOKUPS):
        objects.get(**asked(f"person{n % count:08d}@example.org"))


def insert_all(kind: Kind, rows: Sequence[Any]) -> None:
    if kind.fill is not None:
        for row in rows:
            kind.fill(row)
    kind.model.objects.bulk_create(rows, batch_size=BATCH)


def save_all(rows: Sequence[Any]) -> None:
    from django.db import transaction

    with transaction.atomic():
        for row in rows:
            row.save(force_insert=True)


def _lines(count: int, saves: int) -> dict[str, Callable[[Kind], Seconds | None]]:
    def insert(kind: Kind) -> Seconds:
        rows = rows_of(kind.model, count)
        return timed(lambda: insert_all(kind, rows))

    def save(kind: Kind) -> Seconds:
        rows = rows_of(kind.model, saves)
        return timed(lambda: save_all(rows))

    return {
        "bulk_create": insert,
        "read every field": lambda kind: quickest(lambda: read_all(kind.model)),
        "read none of them": lambda kind: quickest(lambda: read_none(kind.model)),
        "look-up": lambda kind: quickest(lambda: look_up(kind, count)) if kind.is_searchable else None,
        "save()": save,
    }


def measured(kinds: Mapping[str, Kind], count: int, saves: int, *, backwards: bool) -> Repeat:
    """Return one repeat, in fresh tables."""
    from django.db import connection

    order = list(kinds.items())[:: -1 if backwards else 1]
    with connection.schema_editor() as editor:
        for kind in kinds.values():
            editor.create_model(kind.model)
    try:
        found: Repeat = {}
        for line, measure in _lines(count, saves).items():
            for name, kind in order:
                seconds = measure(kind)
                if seconds is not None:
                    found.setdefault(line, {})[name] = seconds
        return found
    finally:
        with connection.schema_editor() as editor:
            for kind in kinds.values():
                editor.delete_model(kind.model)


def repeated(kinds: Mapping[str, Kind], count: int, saves: int, repeats: int) -> list[Repeat]:
    measured(kinds, 50, 20, backwards=False)  # keys are made and code is warm before anything counts
    return [measured(kinds, count, saves, backwards=bool(number % 2)) for number in range(repeats)]


def ratios(repeats: Sequence[Repeat], kinds: Mapping[str, Kind], clock: str) -> dict[str, dict[str, float]]:
    """Return, for each kind and line, the median over the repeats of the ratio within one repeat."""
    lines = {
        f"{name} / {kind.beside}": _median(repeats, name, kind.beside, clock)
        for name, kind in kinds.items()
        if kind.beside
    }
    for name in ("field", "field, our manager"):
        if name in kinds:
            lines[f"{name} / bare"] = _median(repeats, name, "bare", clock)
    if "row" in kinds:
        lines["row / bare, each beside its plain"] = {
            line: round(statistics.median(_of_two(repeat[line], clock) for repeat in repeats), 2)
            for line in LINES if line != "look-up"
        }  # fmt: skip
    return lines


def _of_two(at: Mapping[str, Seconds], clock: str) -> float:
    row, bare = _ratio(at, "row", "plain, UUID", clock), _ratio(at, "bare", "plain", clock)
    return row / bare


def _ratio(at: Mapping[str, Seconds], name: str, beside: str, clock: str) -> float:
    over, under = getattr(at[name], clock), getattr(at[beside], clock)
    return float(over / under)


def _median(repeats: Sequence[Repeat], name: str, beside: str, clock: str) -> dict[str, float]:
    return {
        line: round(statistics.median(_ratio(repeat[line], name, beside, clock) for repeat in repeats), 2)
        for line in LINES
        if name in repeats[0][line] and beside in repeats[0][line]
    }
