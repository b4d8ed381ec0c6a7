"""Whether every transaction that could still write under an ended key has ended, on each database.

A transaction that was open before the last lease ended may commit a row, with its index columns, after it. So the
number of a transaction that begins now is noted, and the fence is passed when no older one runs (PostgreSQL,
prepared transactions included). SQLite has one writer, and needs no fence.
"""

from collections.abc import Iterable

from django.db import connections

from ascend.keychain import database

NOW = "SELECT pg_current_xact_id()::text::bigint"
OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


def are_passed(fences: dict[str, int], aliases: Iterable[str]) -> bool:
    """Return whether nothing older than the fences runs; a database that has none yet gets one, into `fences`."""
    if database.is_inline():
        return True  # one writer, or a test's transaction, which would wait for itself
    new = [alias for alias in sorted(aliases) if connections[alias].vendor == "postgresql" and alias not in fences]
    for alias in new:
        fences[alias] = _number(alias, NOW)
    return not new and all(_number(alias, OLDEST) > fence for alias, fence in fences.items())


def _number(alias: str, query: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
