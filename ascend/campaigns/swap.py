"""One batch: rows are read and computed outside of any transaction, then swapped in a short one."""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import DatabaseError, IntegrityError, OperationalError, models, transaction

from ascend.campaigns import batches
from ascend.campaigns.errors import RowFailed
from ascend.campaigns.models import Batch, BatchState, FailedRow
from ascend.campaigns.work import Work
from ascend.keychain.errors import KeyUnavailable
from ascend.scope import organization_scope

REFUSED_BY_DATABASE = "the database refused the row: "
LOCK_MILLISECONDS: Final = 500
"""How long a batch waits for a row: less than PostgreSQL's deadlock_timeout, so that the application wins."""
HELD_ELSEWHERE = "another transaction holds a row of the batch"
ROW_IS_HELD: Final = frozenset({"55P03", "40P01", "40001"})
"""SQLSTATE of a lock that was not to be had in time, a deadlock, and a serialization failure."""


@dataclass
class Computed:
    """What the rows of one batch became. `blocked_by` says why some could not be computed now."""

    changes: list[tuple[str, list[Any]]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    blocked_by: str = ""


@dataclass(frozen=True, slots=True)
class Swapped:
    """What one batch did, and how long its transaction took."""

    done: int
    conflicts: int
    failed: int
    blocked_by: str
    transaction_ms: float


def process(batch: Batch, work: Work, *, known_failures: Collection[str] = ()) -> Swapped:
    """Do one batch that this worker holds.

    Raises:
        LeaseLost: another worker has taken it; nothing was written.
    """
    computed = compute(work, _read(batch, work), known_failures)
    began = time.perf_counter()
    try:
        done = _write(batch, work, computed)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) not in ROW_IS_HELD:
            raise
        done, computed = 0, _give_way(batch, work)
    took = (time.perf_counter() - began) * 1_000
    return Swapped(
        done=done,
        conflicts=len(computed.changes) - done,
        failed=len(computed.failures),
        blocked_by=computed.blocked_by,
        transaction_ms=took,
    )


def _read(batch: Batch, work: Work) -> list[Any]:
    target = work.target
    condition, params = batches.range_of(work, after=batch.after, until=batch.until)
    with target.connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {target.attribute_columns}, {work.columns} FROM {target.table} WHERE {condition} "  # noqa: S608 (names of the model's own)
            f"ORDER BY {target.key_column}",
            params,
        )
        return list(cursor.fetchall())


def compute(work: Work, rows: list[Any], known_failures: Collection[str] = ()) -> Computed:
    """Compute the change of every row, each in its organization's scope. No transaction is open here."""
    computed, unavailable = Computed(), set()
    for key, instance, values in _instances(work, rows):
        if key in known_failures:
            continue
        organization_id = work.target.organization_of(instance)
        if organization_id in unavailable:
            continue
        try:
            with organization_scope(organization_id):
                computed.changes.append((key, work.change(instance, values)))
        except RowFailed as failure:
            computed.failures[key] = str(failure)
        except KeyUnavailable as refusal:
            unavailable.add(organization_id)
            computed.blocked_by = str(refusal)
    return computed


def _instances(work: Work, rows: list[Any]) -> Iterator[tuple[str, models.Model, Any]]:
    count = len(work.target.attributes)
    for row in rows:
        instance = work.target.instance(row[:count])
        yield str(instance.pk), instance, row[count:]


def _write(batch: Batch, work: Work, computed: Computed) -> int:
    """Swap what was computed and end the batch, or let it wait; all of it or nothing. Return the rows that changed."""
    ended: dict[str, Any] = {"state": BatchState.DONE, "blocked_by": "", "lease_expires_at": None}
    if computed.blocked_by:
        ended = batches.put_back(batch, blocked_by=computed.blocked_by)
    with transaction.atomic(using=work.target.using):
        _wait_briefly(work)
        # The fence first: its row lock keeps another worker from taking the batch before the commit.
        batches.hold(batch, lease_owner=models.F("lease_owner"))
        done = _swap_all(work, computed)
        conflicts = len(computed.changes) - done
        _note_failures(batch, computed.failures)
        batches.hold(batch, **ended, done=models.F("done") + done, conflicts=models.F("conflicts") + conflicts)
    return done


def _wait_briefly(work: Work) -> None:
    """Let the transaction wait for no row longer than a moment: who writes a row behind it would wait as long."""
    connection = work.target.connection
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'")


def _give_way(batch: Batch, work: Work) -> Computed:
    """Let the batch wait whose transaction was rolled back: it is read and computed again."""
    with transaction.atomic(using=work.target.using):
        batches.hold(batch, **batches.put_back(batch, blocked_by=HELD_ELSEWHERE))
    return Computed(blocked_by=HELD_ELSEWHERE)


def _swap_all(work: Work, computed: Computed) -> int:
    if not computed.changes:
        return 0
    try:
        with transaction.atomic(using=work.target.using), work.target.connection.cursor() as cursor:
            cursor.executemany(work.statement, [change for _, change in computed.changes])
            return int(cursor.rowcount)
    except (IntegrityError, DatabaseError) as error:
        if not _is_about_a_row(error):
            raise
    return sum(_swap_one(work, computed, key, change) for key, change in list(computed.changes))


def _swap_one(work: Work, computed: Computed, key: str, change: list[Any]) -> int:
    """Swap one row in a savepoint of its own, so that what the database refuses is known by its key."""
    try:
        with transaction.atomic(using=work.target.using), work.target.connection.cursor() as cursor:
            cursor.execute(work.statement, change)
            return int(cursor.rowcount)
    except DatabaseError as error:
        if not _is_about_a_row(error):
            raise
        computed.failures[key] = REFUSED_BY_DATABASE + type(error).__name__
        computed.changes = [each for each in computed.changes if each[0] != key]
        return 0


def _is_about_a_row(error: Exception) -> bool:
    """Whether a value was refused (a duplicate, too long), and not the statement, the lock or the connection."""
    from django.db import DataError

    return isinstance(error, IntegrityError | DataError)


def _note_failures(batch: Batch, failures: dict[str, str]) -> None:
    FailedRow.objects.using(batch.using).bulk_create(
        (FailedRow(campaign_id=batch.campaign_id, key=key, reason=reason) for key, reason in failures.items()),
        ignore_conflicts=True,
    )
