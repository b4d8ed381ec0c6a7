"""The ends of an import: each leaves its numbers and its issues, and no copy of the file."""

from datetime import datetime
from functools import partial

from django.db import transaction

from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from records.models import ImportIssue, ImportJob, SeenReference
from records.models.imports import Failure, State
from records.services import spool

_EVENTS = {
    State.DONE: Event.IMPORT_FINISH,
    State.CANCELLED: Event.IMPORT_CANCEL,
    State.EXPIRED: Event.IMPORT_EXPIRE,
    State.FAILED: Event.IMPORT_FAIL,
}


def end(job: ImportJob, state: State, *, actor: Actor, now: datetime, failure: Failure | None = None) -> None:
    """End a locked job. The spool goes after the commit; if that fails, the sweeper takes it."""
    if job.spool_id is not None:
        transaction.on_commit(partial(spool.remove, job.spool_id), robust=True)
    SeenReference.objects.filter(job=job).delete()
    job.state, job.failure, job.finished_at = state, failure or "", now
    job.spool_id = job.lease_expires_at = job.blocked_at = job.retry_at = None
    job.fence += 1
    job.save()
    audit.record(
        _EVENTS[state],
        organization_id=job.organization_id,
        actor=actor,
        at=now,
        target=str(job.pk),
        outcome=audit.Outcome.ERROR if state == State.FAILED else audit.Outcome.SUCCESS,
        details={"imported": job.rows_imported, "skipped": job.rows_skipped, "cause": job.failure},
    )


def forget_findings(job: ImportJob) -> None:
    """Take back what an earlier dry run of the job found."""
    ImportIssue.objects.filter(job=job).delete()
    SeenReference.objects.filter(job=job).delete()
    job.rows_good = job.rows_bad = job.rows_existing = job.issues_found = 0
    job.fatal_reason, job.checked_at = "", None


def finish_check(job: ImportJob, *, now: datetime) -> None:
    """Note that the dry run of a locked job has seen the whole file."""
    SeenReference.objects.filter(job=job).delete()
    job.state, job.checked_at = State.CHECKED, now
    job.lease_expires_at = None
    job.fence += 1
