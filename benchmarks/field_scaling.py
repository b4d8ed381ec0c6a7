"""What must not grow: the cost of a value with the number of rows, and of a thread with its neighbours.

And what must not be there at all: calls of the key provider, queries of our own, locks on the path of a value.
"""

import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.field_lines import BATCH, read_all, timed
from benchmarks.field_project import ORGANIZATION, Kind, rows_of

COLUMNS = 4
CHUNK = 20_000
THREADS = 4
VALUES = 50_000
_LOCKS = (type(threading.Lock()), type(threading.RLock()))


@contextmanager
def table(kind: Kind) -> Iterator[Any]:
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.create_model(kind.model)
    try:
        yield kind.model
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(kind.model)


def inserted(model: Any, count: int) -> float:
    """Fill a table in chunks, so that no size needs more memory; return the processor seconds that count."""
    seconds = 0.0
    for start in range(0, count, CHUNK):
        rows = rows_of(model, min(CHUNK, count - start))
        seconds += timed(lambda rows=rows: model.objects.bulk_create(rows, batch_size=BATCH)).processor  # type: ignore[misc]
    return seconds


def cost_by_size(kinds: Mapping[str, Kind], sizes: tuple[int, ...]) -> dict[str, float]:
    """Return the microseconds that encryption adds to a value, written and read, in a table of each size."""
    found = {}
    for size in sizes:
        took = {}
        for name in ("plain", "field"):
            with table(kinds[name]) as model:
                took[name] = (inserted(model, size), timed(lambda model=model: read_all(model)).processor)  # type: ignore[misc]
        for position, verb in enumerate(("write", "read")):
            added = took["field"][position] - took["plain"][position]
            found[f"{verb} at {size:,} rows"] = round(added / size / COLUMNS * 1e6, 2)
    return found


def cost_of_threads(kinds: Mapping[str, Kind]) -> dict[str, float]:
    """Return processor time and time on the wall of four threads as a ratio to one that opens as many values.

    Every thread has its own scope, as a request has. What the interpreter's lock costs, a bare field shows.
    """
    from ascend.scope import organization_scope

    def working(convert: Callable[..., Any], stored: bytes, values: int) -> None:
        with organization_scope(uuid.UUID(str(ORGANIZATION))):
            for _ in range(values):
                convert(stored, None, None)

    found = {}
    for name in ("bare", "field"):
        convert, stored = _converter(kinds[name])
        alone = timed(lambda: working(convert, stored, THREADS * VALUES))  # noqa: B023
        threads = [threading.Thread(target=working, args=(convert, stored, VALUES)) for _ in range(THREADS)]
        together = timed(lambda: _run(threads))  # noqa: B023
        found[f"{name}, processor"] = round(together.processor / alone.processor, 2)
        found[f"{name}, wall"] = round(together.wall / alone.wall, 2)
    return found


def found_on_the_path(kinds: Mapping[str, Kind], rows: int = 2_000) -> dict[str, int]:
    """Return how often reading and writing did more than it must; a plain model's own queries are subtracted."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = {}
    for name in ("plain", "field"):
        with table(kinds[name]) as model, CaptureQueriesContext(connection) as queries:
            objects = rows_of(model, rows)
            with _provider_calls() as calls, _locks_taken() as locks:
                model.objects.bulk_create(objects, batch_size=BATCH)
                read_all(model)
            counts[name] = (len(calls), len(queries), len(locks))
    calls_, queries_, locks_ = (ours - theirs for ours, theirs in zip(counts["field"], counts["plain"], strict=True))
    return {"provider calls": calls_, "queries more than plain": queries_, "locks more than plain": locks_}


def octets_stored(kinds: Mapping[str, Kind]) -> int:
    """Return how many octets stand in the database for a value of 11 characters."""
    return len(_converter(kinds["field"])[1])


def _converter(kind: Kind) -> tuple[Callable[..., Any], bytes]:
    """Return what a query calls for a value of the kind's column, and a stored value."""
    from django.db import connection

    with table(kind) as model:
        rows_of(model, 1)[0].save()
        field = model._meta.get_field("ssn")
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT "ssn" FROM "{model._meta.db_table}"')  # noqa: S608 (a name of our own)
            stored = bytes(cursor.fetchone()[0])
        return field.get_db_converters(connection)[0], stored


def _run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def _provider_calls() -> Iterator[list[str]]:
    from ascend.providers import registry

    calls: list[str] = []
    real = registry.provider_for

    def counting(uri: str) -> Any:
        calls.append(uri)
        return real(uri)

    registry.provider_for = counting
    try:
        yield calls
    finally:
        registry.provider_for = real


@contextmanager
def _locks_taken() -> Iterator[list[float]]:
    """Note every lock that this thread takes, whoever takes it."""
    taken: list[float] = []

    def note(_frame: Any, event: str, function: Any) -> None:
        if event == "c_call" and isinstance(getattr(function, "__self__", None), _LOCKS):
            taken.append(time.perf_counter())

    sys.setprofile(note)
    try:
        yield taken
    finally:
        sys.setprofile(None)
