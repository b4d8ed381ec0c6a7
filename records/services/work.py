"""What a worker does with an import: read a chunk, write it, again, until the file or the slice ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import keyring
from ascend.keychain.errors import KeyUnavailable
from ascend.scope import organization_scope
from audit.actor import Actor
from records import conf
from records.csvfile.mapping import Mapping
from records.csvfile.rows import Position, Row, read_rows
from records.csvfile.validation import RowChecker
from records.models import ImportJob
from records.models.imports import Failure, State
from records.services import checking, dispatch, ending, leasing, loading, spool
from records.services.leasing import Lease, LeaseLost

Clock = Callable[[], datetime]


def run_slice(*, job_id: UUID, clock: Clock = timezone.now) -> None:
    """Work on a job for `conf.slice_chunks()` chunks and order the next slice if there is more.

    Nothing happens if the job is held by another worker, has ended or waits for its key.
    """
    claimed = leasing.claim(job_id)
    if claimed is None:
        return
    lease, job = claimed
    with organization_scope(job.organization_id), _reactions(lease, clock):
        if job.attempts > leasing.MAX_ATTEMPTS:
            _fail(lease, Failure.REPEATED_ERROR, clock)
        elif not _work(lease, job, clock):
            leasing.release(lease)
            dispatch.send_import(job_id)


@contextmanager
def _reactions(lease: Lease, clock: Clock) -> Iterator[None]:
    """Turn what may go wrong into what happens next. Anything else is left to the end of the lease."""
    try:
        yield
    except LeaseLost:
        return
    except KeyUnavailable as unavailable:
        leasing.block(lease, retry_after_seconds=unavailable.retry_after_seconds)
    except FileNotFoundError:
        _fail(lease, Failure.SPOOL_LOST, clock)
    except DecryptionFailed:
        _fail(lease, Failure.SPOOL_DAMAGED, clock)


def _fail(lease: Lease, failure: Failure, clock: Clock) -> None:
    with transaction.atomic():
        job = leasing.lock(lease)
        ending.end(job, State.FAILED, actor=Actor.system(loading.WORKER), now=clock(), failure=failure)


def _work(lease: Lease, job: ImportJob, clock: Clock) -> bool:
    """Return whether the end of the file was reached."""
    if job.spool_id is None:
        raise FileNotFoundError
    # The import must refuse exactly what the dry run refused, also when it runs past midnight.
    checker = RowChecker(Mapping.of(job.targets), today=_day_of_check(job, clock))
    with spool.opened(job.spool_id, organization_id=job.organization_id, offset=job.cursor_bytes) as reader:
        rows = _rows(reader, job)
        for _ in range(conf.slice_chunks()):
            chunk, is_last = _next_chunk(rows)
            # Confirmed before the transaction: no call to a key store while a lock is held.
            keyring.require(job.organization_id)
            _write(lease, chunk, checker, is_last=is_last, now=clock())
            if is_last:
                return True
    return False


def _next_chunk(rows: Iterator[Row]) -> tuple[list[Row], bool]:
    """Return the next rows, bounded in number and in bytes, and whether they are the last."""
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == conf.CHUNK_ROWS or row.end - chunk[0].end >= conf.CHUNK_BYTES:
            return chunk, False
    return chunk, True


def _rows(reader: spool.ByteStream, job: ImportJob) -> Iterator[Row]:
    start = Position(job.cursor_bytes, job.cursor_rows)
    return read_rows(reader, delimiter=job.delimiter, start=start)


def _day_of_check(job: ImportJob, clock: Clock) -> date:
    return (job.checked_at or clock()).date()


def _write(lease: Lease, chunk: list[Row], checker: RowChecker, *, is_last: bool, now: datetime) -> None:
    """Write one chunk and move the cursor past it, in one transaction under the fence."""
    checked = [checker.check(row) for row in chunk]
    with transaction.atomic():
        job = leasing.lock(lease)
        job.started_at = job.started_at or now
        if chunk:
            job.cursor_bytes, job.cursor_rows = chunk[-1].end, chunk[-1].number
        if lease.state == State.CHECKING:
            checking.check_chunk(job, checked, reference_column=checker.reference_column)
        else:
            loading.load_chunk(job, checked, now=now)
        if is_last:
            _finish(job, lease.state, now)
        else:
            job.save(update_fields=["started_at", "cursor_bytes", "cursor_rows", *checking.FINDINGS, *loading.COUNTS])
            leasing.prolong(job)


def _finish(job: ImportJob, state: str, now: datetime) -> None:
    if not job.fatal_reason:
        job.cursor_bytes = job.file_bytes  # empty lines at the end are no rows
    if state == State.CHECKING:
        checking.finish(job, now=now)
        job.save()
    else:
        loading.finish(job, now=now)
