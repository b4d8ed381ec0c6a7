"""Many new person records in one statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from records.csvfile.validation import Values
from records.models import PersonRecord


def insert_people(people: Sequence[Values], *, organization_id: UUID, now: datetime) -> int:
    """Seal and insert `people`, whose references differ, and return how many were new.

    A reference that exists already is left as it is.
    """
    records = PersonRecord.objects.for_organization(organization_id)
    taken = set(records.filter(reference__in=[str(person["reference"]) for person in people]).values_list("reference", flat=True))
    new = [
        PersonRecord(organization_id=organization_id, created_at=now, **person)
        for person in people
        if person["reference"] not in taken
    ]
    PersonRecord.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)
