"""Show one protected value to one person who says why. First the log knows, then the person."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts import limits
from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import keyring
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from records import person_fields
from records.models import PersonRecord

LIMIT = "reveal"


def reveal(
    *, record_id: UUID, organization_id: UUID, field: str, reason: str, person_id: UUID, now: datetime
) -> str | date | None:
    """Return the value of one field, after the event of it has been committed.

    Raises:
        LimitReached: the person's hour is used up.
        PersonRecord.DoesNotExist: the organization has no such record.
        KeyUnavailable: the value cannot be opened now; no event says that it was.
        DecryptionFailed: the stored value was tampered with or damaged; the log says so.
        AuditUnavailable: the event cannot be written, so nothing is shown.
    """
    keyring.require(organization_id)
    record = _found(record_id, organization_id, field)
    limits.spend(person_id, LIMIT, organization_id=organization_id, now=now)
    try:
        value: str | date | None = getattr(record, field)
    except DecryptionFailed:
        _tell(record, field, reason, person_id, now, audit.Outcome.ERROR)
        raise
    _tell(record, field, reason, person_id, now, audit.Outcome.SUCCESS)
    return value


def _found(record_id: UUID, organization_id: UUID, field: str) -> PersonRecord:
    if field not in person_fields.PROTECTED_NAMES:
        raise PersonRecord.DoesNotExist
    records = PersonRecord.objects.for_organization(organization_id)
    record: PersonRecord = records.only("id", "organization_id", field).get(pk=record_id)
    return record


def _tell(
    record: PersonRecord, field: str, reason: str, person_id: UUID, now: datetime, outcome: audit.Outcome
) -> None:
    # Durable: inside somebody's transaction the event could still be rolled back after the value was shown.
    with transaction.atomic(durable=True):
        audit.record(
            Event.RECORD_REVEAL,
            organization_id=record.organization_id,
            actor=Actor.person(person_id),
            at=now,
            target=str(record.pk),
            reason=reason,
            outcome=outcome,
            details={"field": field},
        )
