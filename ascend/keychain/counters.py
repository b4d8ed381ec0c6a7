"""Publish what this process holds and has counted, for the pages; nothing is decided by these rows."""

import socket
from datetime import datetime, timedelta

from django.utils import timezone

from ascend.envelope.budget import this_process
from ascend.keychain import clock, database, process
from ascend.keychain.last_use import LastUse
from ascend.keychain.leases import Use
from ascend.keychain.models import Lease
from ascend.keychain.process import Tenancy

KEEP_SECONDS = 600
PUBLISHED = ["epoch", "taken_at", "expires_at", "published_at", "unwraps", "hits", "refusals"]


def process_name() -> str:
    """Return a name that no other process has, nor had: host, process id, start time."""
    identity = this_process()
    return f"{socket.gethostname()[:60]}:{identity.pid}:{identity.start_ticks}"


def publish() -> None:
    """Write one row for each organization that this process serves, and remove what processes left that ended."""
    now = timezone.now()
    rows = [_row(tenancy, now) for tenancy in process.tenancies()]
    with_target = database.connection().features.supports_update_conflicts_with_target
    if rows:
        Lease.objects.bulk_create(
            rows,
            update_conflicts=True,
            update_fields=PUBLISHED,
            unique_fields=["process", "organization_id"] if with_target else None,
        )
    Lease.objects.filter(published_at__lt=now - timedelta(seconds=KEEP_SECONDS)).delete()
    note_last_use(now)


def note_last_use(now: datetime) -> None:
    """Write `now` for each organization whose values were sealed or opened since the last time.

    Two statements however many organizations there are. The sums are read from what each opener and sealer counts
    anyway, so the path of a value knows nothing of it.
    """
    used = {tenancy.organization_id: tenancy.newly_used() for tenancy in process.tenancies()}
    for use, column in ((Use.WRITE, "written_at"), (Use.READ, "read_at")):
        _upsert([LastUse(organization_id=each, **{column: now}) for each, uses in used.items() if uses[use]], column)


def withdraw() -> None:
    """Remove this process's rows: it holds nothing any more."""
    note_last_use(timezone.now())
    Lease.objects.filter(process=process_name()).delete()


def _upsert(rows: list[LastUse], column: str) -> None:
    if not rows:
        return
    with_target = database.connection().features.supports_update_conflicts_with_target
    LastUse.objects.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=[column],
        unique_fields=["organization_id"] if with_target else None,
    )


def _row(tenancy: Tenancy, now: datetime) -> Lease:
    lease, boot = tenancy.valid_lease(), clock.boot_seconds()
    return Lease(
        process=process_name(),
        organization_id=tenancy.organization_id,
        epoch=lease.epoch if lease is not None else 0,
        taken_at=now if lease is None else now + timedelta(seconds=lease.taken_at - boot),
        expires_at=now if lease is None else now + timedelta(seconds=lease.ends_at - boot),
        published_at=now,
        unwraps=tenancy.unwraps,
        hits=tenancy.hits(),
        refusals=tenancy.refusals,
    )
