"""The first step of an import: the sealed file becomes a job."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from records.csvfile import heading
from records.csvfile.heading import Heading
from records.models import ImportJob
from records.services import spool

FILE_NAME_CHARACTERS = 120


def open_job(*, upload: spool.Spool, file_name: str, person_id: UUID, now: datetime) -> ImportJob:
    """Make a job of a finished upload. Nothing of the file but its size and delimiter is stored.

    Raises:
        UnreadableFile: it is not CSV; the spool is the caller's to discard.
    """
    found = read_heading(upload.id, organization_id=upload.organization_id)
    with transaction.atomic():
        job = ImportJob.objects.create(
            organization_id=upload.organization_id,
            created_by_id=person_id,
            created_at=now,
            file_name=file_name[-FILE_NAME_CHARACTERS:],
            file_bytes=upload.size,
            spool_id=upload.id,
            delimiter=found.delimiter,
            first_row_offset=found.first_row.offset,
            heading_row=found.first_row.rows,
        )
        audit.record(
            Event.IMPORT_UPLOAD,
            organization_id=job.organization_id,
            actor=Actor.person(person_id),
            at=now,
            target=str(job.pk),
            details={"bytes": job.file_bytes},
        )
    return job


def read_heading(spool_id: UUID, *, organization_id: UUID) -> Heading:
    """Return the heading of a sealed file.

    Raises:
        UnreadableFile: it is not CSV.
        KeyUnavailable: the file cannot be opened now.
    """
    with spool.opened(spool_id, organization_id=organization_id) as reader:
        return heading.read_heading(reader.read(heading.SAMPLE_BYTES))
