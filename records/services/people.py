"""Create, change and delete one person record. The log gets the names of the fields, never a value."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from ascend.keychain import keyring
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from records import person_fields
from records.models import PersonRecord

Values = Mapping[str, str | date | None]


class ReferenceTaken(Exception):
    """Another record of the organization has this reference."""


def create(*, organization_id: UUID, values: Values, person_id: UUID, now: datetime) -> PersonRecord:
    """Store a new person; fields that `values` lacks stay without a value.

    Raises:
        ReferenceTaken: nothing was written.
        KeyUnavailable: nothing was written.
    """
    keyring.require(organization_id)
    with transaction.atomic():
        record = _save(PersonRecord(organization_id=organization_id, created_at=now, **values))
        fields = [name for name in person_fields.PROTECTED_NAMES if values.get(name) is not None]
        _tell(Event.RECORD_CREATE, record, person_id, now, fields)
    return record


def change(*, record_id: UUID, organization_id: UUID, changes: Values, person_id: UUID, now: datetime) -> PersonRecord:
    """Replace the fields that `changes` names; None takes a value away. The old values are not read.

    Raises:
        PersonRecord.DoesNotExist: the organization has no such record.
        ReferenceTaken: nothing was written.
        KeyUnavailable: nothing was written.
    """
    keyring.require(organization_id)
    with transaction.atomic():
        record = _locked(record_id, organization_id)
        if changes:
            for name, value in changes.items():
                setattr(record, name, value)
            _save(record, fields=list(changes))
            _tell(Event.RECORD_CHANGE, record, person_id, now, sorted(changes))
    return record


def delete(*, record_id: UUID, organization_id: UUID, person_id: UUID, now: datetime) -> None:
    """Delete a record for good; it needs no key.

    Raises:
        PersonRecord.DoesNotExist: the organization has no such record.
    """
    with transaction.atomic():
        record = _locked(record_id, organization_id)
        _tell(Event.RECORD_DELETE, record, person_id, now, [])
        record.delete()


def _locked(record_id: UUID, organization_id: UUID) -> PersonRecord:
    records = PersonRecord.objects.for_organization(organization_id).select_for_update()
    record: PersonRecord = records.only("id", "organization_id", "reference").get(pk=record_id)
    return record


def _save(record: PersonRecord, *, fields: list[str] | None = None) -> PersonRecord:
    try:
        with transaction.atomic():
            record.save(update_fields=fields, force_insert=fields is None)
    except IntegrityError as error:
        if "records_person_reference_once" in str(error):
            raise ReferenceTaken from error
        raise
    return record


def _tell(event: Event, record: PersonRecord, person_id: UUID, now: datetime, fields: list[str]) -> None:
    audit.record(
        event,
        organization_id=record.organization_id,
        actor=Actor.person(person_id),
        at=now,
        target=str(record.pk),
        details={"fields": ", ".join(fields)},
    )
