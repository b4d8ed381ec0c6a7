"""Record that somebody was refused a page, so that trying doors is seen."""

from datetime import datetime
from uuid import UUID

from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Outcome
from audit.services import recording


def record_denial(*, person_id: UUID, organization_id: UUID, page: str, now: datetime) -> None:
    """Record that a person's roles do not open `page` ("byok:lease"); the page's name, never its address."""
    recording.record(
        Event.ACCESS_DENY,
        organization_id=organization_id,
        actor=Actor.person(person_id),
        at=now,
        target=page,
        outcome=Outcome.DENIED,
    )
