"""What people change about themselves."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Person
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event


def change_profile(*, person_id: UUID, organization_id: UUID, time_zone: str, language: str, now: datetime) -> None:
    """Set the zone ("" is the organization's) and the language that a person reads in."""
    with transaction.atomic():
        Person.objects.filter(pk=person_id).update(time_zone=time_zone, language=language)
        audit.record(
            Event.PROFILE_CHANGE,
            organization_id=organization_id,
            actor=Actor.person(person_id),
            at=now,
            target=str(person_id),
            details={"time_zone": time_zone, "language": language},
        )


def record_switch(*, person_id: UUID, organization_id: UUID, now: datetime) -> None:
    """Record, in the log of the organization entered, that a person came over."""
    actor = Actor.person(person_id)
    audit.record(Event.ORGANIZATION_SWITCH, organization_id=organization_id, actor=actor, at=now, target=str(person_id))
