"""Files of invented people, and the steps of an import as a worker and a steward take them."""

import csv
import io
from uuid import UUID

from accounts.models import Person
from records import person_fields
from records.models import ImportJob
from records.models.imports import WORKING
from records.services import importing, spool, uploading, work
from tests.factories.accounts import NOW

HEADER = ["Customer ID", "Name", "E-mail", "Phone", "SSN", "Date of birth", "Account number", "Address", "Notes"]
TARGETS = [field.name for field in person_fields.FIELDS]


def row(number: int, **changed: str) -> list[str]:
    cells = {
        "reference": f"C-{number:06}",
        "name": f"Ada Lovelace-{number}",
        "email": f"ada{number}@example.org",
        "phone": f"+1 555 01{number:05}",
        "ssn": f"900-{number % 90 + 10}-{number % 10_000:04}",
        "date_of_birth": f"{1940 + number % 60}-12-{number % 28 + 1:02}",
        "account_number": f"DE{number:020}",
        "address": f"{number} Long Road\nTown",
        "notes": f"canary-note-{number}",
    }
    return list((cells | changed).values())


def csv_of(*rows: list[str], header: list[str] = HEADER, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode()


def people_csv(count: int) -> bytes:
    return csv_of(*(row(number) for number in range(1, count + 1)))


def uploaded(content: bytes, steward: Person, organization_id: UUID) -> ImportJob:
    upload = spool.Spool(organization_id)
    upload.write(content)
    upload.finish()
    return uploading.open_job(upload=upload, file_name="people.csv", person_id=steward.pk, now=NOW)


def run(job: ImportJob) -> ImportJob:
    """Do what workers do until the job waits for a person or has ended."""
    job.refresh_from_db()
    while job.state in WORKING and job.blocked_at is None:
        work.run_slice(job_id=job.pk)
        job.refresh_from_db()
    return job


def checked(content: bytes, steward: Person, organization_id: UUID, targets: list[str] = TARGETS) -> ImportJob:
    job = uploaded(content, steward, organization_id)
    importing.match_columns(job_id=job.pk, organization_id=organization_id, targets=targets)
    return run(job)


def imported(content: bytes, steward: Person, organization_id: UUID) -> ImportJob:
    job = checked(content, steward, organization_id)
    importing.accept(job_id=job.pk, organization_id=organization_id, person_id=steward.pk, now=NOW)
    return run(job)
