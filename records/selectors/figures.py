"""The figures of records that the overview shows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from records import conf, person_fields
from records.models import PersonRecord

if TYPE_CHECKING:
    from records.models.people import PersonRecordQuerySet

_VALUES = """
    SELECT count(*), coalesce(sum(num_nonnulls({columns})), 0)
    FROM (SELECT {columns} FROM records_personrecord WHERE organization_id = %s LIMIT %s) AS counted
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """How much is protected. Where `is_capped`, there are at least so many."""

    records: int
    protected_fields: int
    protected_values: int
    is_capped: bool


def figures(organization_id: UUID) -> Figures:
    """Return the organization's figures, counted up to `conf.COUNT_CAP` records. Needs no key."""
    columns = ", ".join(person_fields.PROTECTED_NAMES)
    with connection.cursor() as cursor:
        cursor.execute(_VALUES.format(columns=columns), [organization_id, conf.COUNT_CAP])
        records, values = cursor.fetchone()
    return Figures(records, len(person_fields.PROTECTED), int(values), is_capped=records >= conf.COUNT_CAP)


def capped_count(records: "PersonRecordQuerySet") -> int:
    """Return how many `records` there are, or `conf.COUNT_CAP` if there are more."""
    return records.order_by()[: conf.COUNT_CAP].count()


def count_of(organization_id: UUID) -> int:
    """Return how many records the organization has, up to `conf.COUNT_CAP`."""
    return capped_count(PersonRecord.objects.for_organization(organization_id))
