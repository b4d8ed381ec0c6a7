"""What people decide about an import: which column is what, yes to the dry run, or no."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from records.csvfile.mapping import Mapping
from records.models import ImportJob
from records.models.imports import ENDED, State
from records.services import dispatch, ending


class WrongStep(Exception):
    """The import is not where this decision belongs: somebody else was faster, or it has ended."""


def match_columns(*, job_id: UUID, organization_id: UUID, targets: Sequence[str]) -> ImportJob:
    """Fix which column goes into which field, and start the dry run (again).

    Raises:
        IncompleteMapping: a column has no answer, or none is the reference.
        WrongStep: the import is already under way.
    """
    mapping = Mapping.of(targets)
    with transaction.atomic():
        job = _locked(job_id, organization_id, State.UPLOADED, State.CHECKING, State.CHECKED)
        ending.forget_findings(job)
        job.targets = list(mapping.targets)
        _start(job, State.CHECKING)
    return job


def accept(*, job_id: UUID, organization_id: UUID, person_id: UUID, now: datetime) -> ImportJob:
    """Start the import of the rows that the dry run found good.

    Raises:
        WrongStep: there is nothing to import, or the import is already under way.
    """
    with transaction.atomic():
        job = _locked(job_id, organization_id, State.CHECKED)
        if not job.may_be_accepted:
            raise WrongStep
        job.accepted_at, job.accepted_by_id = now, person_id
        _start(job, State.IMPORTING)
        audit.record(
            Event.IMPORT_ACCEPT,
            organization_id=organization_id,
            actor=Actor.person(person_id),
            at=now,
            target=str(job.pk),
            details={"rows": job.rows_good, "rows_with_problems": job.rows_bad, "fields": _imported_fields(job)},
        )
    return job


def cancel(*, job_id: UUID, organization_id: UUID, person_id: UUID, now: datetime) -> ImportJob:
    """End an import; rows that are already imported stay.

    Raises:
        WrongStep: it has ended already.
    """
    with transaction.atomic():
        job = _locked(job_id, organization_id, *(state for state in State if state not in ENDED))
        ending.end(job, State.CANCELLED, actor=Actor.person(person_id), now=now)
    return job


def _imported_fields(job: ImportJob) -> str:
    """Return the names of the fields that columns go into; columns that are left out are none."""
    return ", ".join(name for _, name in Mapping.of(job.targets).columns())


def _locked(job_id: UUID, organization_id: UUID, *states: State) -> ImportJob:
    jobs = ImportJob.objects.select_for_update().for_organization(organization_id)
    job = jobs.get(pk=job_id)
    if job.state not in states:
        raise WrongStep
    return job


def _start(job: ImportJob, state: State) -> None:
    """Put the job at the first row in a working state. The fence shakes off whoever works on it now."""
    job.state = state
    job.fence += 1
    job.cursor_bytes, job.cursor_rows = job.first_row_offset, job.heading_row
    job.lease_expires_at = job.blocked_at = job.retry_at = job.started_at = None
    job.attempts = 0
    job.save()
    dispatch.send_import(job.pk)
