"""Invented people for a first look, stored by the very path that an uploaded file takes.

Nobody in it exists: the names are made of words, the domains and phone numbers are those that are
reserved for examples (RFC 2606, the 555-01xx range), and an SSN that begins with 9 was never given to anybody.
"""

import csv
import io
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from accounts.models import Organization
from records import person_fields
from records.models import ImportJob, PersonRecord
from records.models.imports import WORKING
from records.services import importing, spool, uploading, work

PEOPLE: Final = 200
FILE_NAME: Final = "sample-people.csv"
_SEED: Final = 20_260_101
_FIRST_NAMES: Final = (
    "Amber",
    "Basil",
    "Cedar",
    "Clementine",
    "Coral",
    "Dale",
    "Fern",
    "Hazel",
    "Ivy",
    "Jasper",
    "Juniper",
    "Laurel",
    "Linden",
    "Maple",
    "Olive",
    "Pearl",
    "Robin",
    "Rowan",
    "Sage",
    "Willow",
)
_LAST_NAMES: Final = (
    "Appletree",
    "Brightwater",
    "Cloudberry",
    "Driftwood",
    "Evermoor",
    "Fallowfield",
    "Greenleaf",
    "Hollowhill",
    "Inkwell",
    "Larkspur",
    "Moonstone",
    "Nightingale",
    "Oakenshade",
    "Quickstep",
    "Ravenscroft",
    "Silverlake",
    "Thistledown",
    "Underhill",
    "Winterbourne",
    "Yarrow",
)
_STREETS: Final = (
    "Invented",
    "Imaginary",
    "Fictional",
    "Made-up",
    "Pretend",
)
_DOMAINS: Final = ("example.com", "example.net", "example.org")
_NOTES: Final = (
    "",
    "Prefers letters.",
    "Call after 17:00.",
    "Allergic to penicillin.",
    "Interpreter needed: Portuguese.",
)


def load(organization_id: UUID, *, person_id: UUID, now: datetime) -> int:
    """Import the sample for one organization in the name of `person_id`, and return how many people were new.

    An organization of the same name gets the same people each time, and nobody twice.
    """
    job = _upload(organization_id, person_id, now)
    targets = [field.name for field in person_fields.FIELDS]
    importing.match_columns(job_id=job.pk, organization_id=organization_id, targets=targets)
    _run(job, now)
    if job.rows_good:
        importing.accept(job_id=job.pk, organization_id=organization_id, person_id=person_id, now=now)
        _run(job, now)
    else:
        importing.cancel(job_id=job.pk, organization_id=organization_id, person_id=person_id, now=now)
    return job.rows_imported


def has_people(organization_id: UUID) -> bool:
    """Return whether anybody is stored for the organization."""
    return PersonRecord.objects.for_organization(organization_id).exists()


def _upload(organization_id: UUID, person_id: UUID, now: datetime) -> ImportJob:
    upload = spool.Spool(organization_id)
    upload.write(_csv(Organization.objects.get(pk=organization_id).slug).encode())
    upload.finish()
    return uploading.open_job(upload=upload, file_name=FILE_NAME, person_id=person_id, now=now)


def _run(job: ImportJob, now: datetime) -> None:
    """Do the work here, without waiting for a worker."""
    job.refresh_from_db()
    while job.state in WORKING:
        work.run_slice(job_id=job.pk, clock=lambda: now)
        job.refresh_from_db()


def _csv(slug: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([field.name for field in person_fields.FIELDS])
    # Not for secrets: an organization of one name is to get the same people everywhere.
    writer.writerows(_people(random.Random(f"{_SEED}/{slug}")))  # noqa: S311
    return text.getvalue()


def _people(chance: random.Random) -> Iterator[list[str]]:
    for number in range(1, PEOPLE + 1):
        first, last = chance.choice(_FIRST_NAMES), chance.choice(_LAST_NAMES)
        born = date(1938, 1, 1) + timedelta(days=chance.randrange(68 * 365))
        yield [
            f"SAMPLE-{number:04}",
            f"{first} {last}",
            f"{first}.{last}{number}@{chance.choice(_DOMAINS)}".lower(),
            f"+1 {chance.randrange(201, 989)} 555 01{chance.randrange(100):02}",
            f"{chance.randrange(900, 1000)}-{chance.randrange(1, 70):02}-{chance.randrange(1, 10_000):04}",
            born.isoformat(),
            f"EX{chance.randrange(10**2):02}{chance.randrange(10**14):014}",
            f"{chance.randrange(1, 400)} {chance.choice(_STREETS)} Street\nSampletown {chance.randrange(10**5):05}",
            chance.choice(_NOTES),
        ]
