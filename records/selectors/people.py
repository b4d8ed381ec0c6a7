"""Person records as pages show them: masked here, on the server, so that a template has nothing else to show."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from records import conf, masking, person_fields
from records.models import PersonRecord, Search
from records.models.people import PersonRecordQuerySet
from records.selectors.keyset import Cursor, Page, page_of

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

LISTED = ("name", "email", "phone", "ssn", "date_of_birth", "account_number")
_PLAIN = ("id", "organization_id", "reference", "created_at")


@dataclass(frozen=True, slots=True)
class MaskedField:
    """One protected field of one person: its mask, or an empty text where there is no value."""

    name: str
    label: "StrPromise"
    masked: str


@dataclass(frozen=True, slots=True)
class MaskedPerson:
    """One person as far as anybody may see without a reason."""

    id: UUID
    reference: str
    created_at: datetime
    fields: tuple[MaskedField, ...]

    @property
    def name(self) -> str:
        """Return the masked name."""
        return next((field.masked for field in self.fields if field.name == "name"), "")


def listed(organization_id: UUID, after: Cursor | None = None) -> Page[MaskedPerson]:
    """Return a page of the organization's people, newest first.

    Raises:
        KeyUnavailable: nothing is shown in place of what cannot be opened.
    """
    return _page(PersonRecord.objects.for_organization(organization_id), after)


def found(search: Search, after: Cursor | None = None) -> Page[MaskedPerson]:
    """Return a page of what a search finds, newest first."""
    return _page(matching(search), after)


def matching(search: Search) -> PersonRecordQuerySet:
    """Return the records that `search` finds."""
    records = PersonRecord.objects.for_organization(search.organization_id)
    return records.filter(**{f"{search.index}__in": [bytes(digest) for digest in search.digests]})


def shown(organization_id: UUID, record_id: UUID) -> MaskedPerson:
    """Return one person with every field.

    Raises:
        PersonRecord.DoesNotExist: the organization has no such record.
        KeyUnavailable: nothing is shown in place of what cannot be opened.
    """
    records = PersonRecord.objects.for_organization(organization_id)
    record = records.only(*_PLAIN, *person_fields.PROTECTED_NAMES).get(pk=record_id)
    return _masked(record, person_fields.PROTECTED_NAMES)


def with_reference(organization_id: UUID, reference: str) -> UUID | None:
    """Return the id of the organization's record with this reference, if there is one."""
    records = PersonRecord.objects.for_organization(organization_id)
    return records.filter(reference=reference).values_list("pk", flat=True).first()


def _page(records: PersonRecordQuerySet, after: Cursor | None) -> Page[MaskedPerson]:
    if after is not None:
        records = records.filter(after.rows_after())
    rows = list(records.newest_first().only(*_PLAIN, *LISTED)[: conf.PAGE_ROWS + 1])
    return page_of(rows, lambda record: _masked(record, LISTED), lambda record: Cursor(record.created_at, record.id))


def _masked(record: PersonRecord, names: tuple[str, ...]) -> MaskedPerson:
    fields = tuple(
        MaskedField(name, person_fields.BY_NAME[name].label, masking.mask(name, getattr(record, name)))
        for name in names
    )
    return MaskedPerson(record.id, record.reference, record.created_at, fields)
