"""Who may work on an import: a lease by the clock of the database, with a fence.

A worker that was killed lets its lease run out; one that only slept finds its fence passed and
writes nothing. Every chunk is written under the lock that checks the fence.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from records import conf
from records.models import ImportJob

# A crash that repeats itself without a single chunk of progress is not left to repeat for ever.
MAX_ATTEMPTS = 20
# Waiting less than this would ask a customer's key store all the time.
SHORTEST_WAIT_SECONDS = 5


class LeaseLost(Exception):
    """Another worker has the job, or a person cancelled it: what was not committed is dropped."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one job until it is passed by a higher fence."""

    job_id: UUID
    fence: int
    state: str


def claim(job_id: UUID) -> tuple[Lease, ImportJob] | None:
    """Take the job if there is work and nobody holds it, else return None."""
    with transaction.atomic():
        taken = (
            ImportJob.objects.claimable()
            .filter(pk=job_id)
            .update(fence=F("fence") + 1, attempts=F("attempts") + 1, lease_expires_at=Now() + conf.lease())
        )
        if not taken:
            return None
        job = ImportJob.objects.get(pk=job_id)
    return Lease(job.pk, job.fence, job.state), job


def lock(lease: Lease) -> ImportJob:
    """Lock the job's row until the transaction ends, and return it.

    Raises:
        LeaseLost: the fence was passed, or the job is no longer in the state it was claimed in.
    """
    job = ImportJob.objects.select_for_update().filter(pk=lease.job_id, fence=lease.fence, state=lease.state).first()
    if job is None:
        raise LeaseLost
    return job


def prolong(job: ImportJob) -> None:
    """Note progress on a locked job: the lease begins anew. The caller saves nothing else of these columns."""
    ImportJob.objects.filter(pk=job.pk).update(
        lease_expires_at=Now() + conf.lease(), attempts=0, blocked_at=None, retry_at=None
    )


def release(lease: Lease) -> None:
    """Give the job back, so that the next worker need not wait for the lease to end."""
    ImportJob.objects.filter(pk=lease.job_id, fence=lease.fence).update(lease_expires_at=None)


def block(lease: Lease, *, retry_after_seconds: int | None) -> None:
    """Put the job aside until its key may be back; this is no failure and counts no attempt."""
    wait = timedelta(seconds=max(SHORTEST_WAIT_SECONDS, retry_after_seconds or 0))
    ImportJob.objects.filter(pk=lease.job_id, fence=lease.fence).update(
        lease_expires_at=None, blocked_at=Now(), retry_at=Now() + wait, attempts=0
    )
