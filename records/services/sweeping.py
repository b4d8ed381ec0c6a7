"""What beat orders: work that lost its worker, files and searches that have had their time."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from audit.actor import Actor
from records import conf
from records.models import ImportJob, Search
from records.models.imports import ENDED, State
from records.services import dispatch, ending, spool

# An upload of 2 GiB over a slow line has no job before its end.
ORPHAN_AGE = timedelta(hours=6)
_SWEEPER = Actor.system("sweeper")


def send_waiting_imports() -> int:
    """Wake a worker for every import that has work and no worker, and return how many there are."""
    waiting = list(ImportJob.objects.claimable().values_list("pk", flat=True))
    for job_id in waiting:
        dispatch.send_import(job_id)
    return len(waiting)


def expire_imports(*, now: datetime) -> int:
    """End the imports that nobody finished in time and return how many there were. Their spools go."""
    expired = list(ImportJob.objects.with_old_spool(conf.spool_lifetime()).values_list("pk", flat=True))
    for job_id in expired:
        with transaction.atomic():
            job = ImportJob.objects.select_for_update().exclude(state__in=ENDED).filter(pk=job_id).first()
            if job is not None:
                ending.end(job, State.EXPIRED, actor=_SWEEPER, now=now)
    return len(expired)


def remove_orphaned_spools(*, now: datetime) -> int:
    """Delete the files of uploads that broke off and of jobs that have ended, and return how many."""
    old = [spool_id for spool_id, written_at in spool.stored() if _age(written_at, now) > ORPHAN_AGE]
    in_use: set[UUID | None] = set(ImportJob.objects.filter(spool_id__in=old).values_list("spool_id", flat=True))
    orphans = [spool_id for spool_id in old if spool_id not in in_use]
    for spool_id in orphans:
        spool.remove(spool_id)
    return len(orphans)


def _age(written_at: float, now: datetime) -> timedelta:
    return timedelta(seconds=now.timestamp() - written_at)


def remove_expired_searches() -> int:
    """Delete the searches whose pages can no longer be opened, and return how many."""
    return Search.objects.all().expired().delete()[0]
