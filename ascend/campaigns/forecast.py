"""What a campaign would do: rows, bytes and minutes, from a count and a sample. Nothing is written."""

import time
from dataclasses import dataclass
from typing import Any, Final

from ascend.campaigns import swap
from ascend.campaigns.work import Work

SAMPLE_ROWS: Final = 500
WRITING_SHARE: Final = 3.0
"""How much longer a row takes with its UPDATE than computing it alone: measured by benchmarks/protect.py."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`stored_bytes` is what the new columns will hold; `sample_failures` are rows of the sample, by their keys."""

    rows: int
    sample: int
    sample_failures: dict[str, str]
    stored_bytes: int
    minutes: float
    blocked_by: str


def forecast(work: Work, *, rows_per_second: float | None = None) -> Forecast:
    """Count the rows, compute a sample in memory, and say what it would come to."""
    rows = work.target.count(work.pending)
    sampled = _sample(work)
    swap.compute(work, sampled[:1])  # the first value waits for its keys; the others do not
    began = time.perf_counter()
    computed = swap.compute(work, sampled)
    seconds = (time.perf_counter() - began) * WRITING_SHARE
    sample = len(computed.changes) + len(computed.failures)
    stored = sum(_size(change[:-2]) for _, change in computed.changes)
    a_row = max(seconds / sample if sample else 0.0, 1 / rows_per_second if rows_per_second else 0.0)
    return Forecast(
        rows=rows,
        sample=sample,
        sample_failures=computed.failures,
        stored_bytes=round(stored / len(computed.changes) * rows) if computed.changes else 0,
        minutes=rows * a_row / 60,
        blocked_by=computed.blocked_by,
    )


def _size(written: list[Any]) -> int:
    return sum(len(bytes(value)) for value in written if isinstance(value, bytes | bytearray | memoryview))


def _sample(work: Work) -> list[Any]:
    target = work.target
    with target.connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {target.attribute_columns}, {work.columns} FROM {target.table} WHERE {work.pending} LIMIT %s",  # noqa: S608 (names of the model's own)
            [SAMPLE_ROWS],
        )
        return list(cursor.fetchall())
