"""Record what happened to a registration: its organization's log, and its id as the target."""

from datetime import datetime

from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Outcome
from byok.models import Registration


def record(
    event: Event,
    registration: Registration,
    *,
    actor: Actor,
    now: datetime,
    outcome: Outcome = Outcome.SUCCESS,
    **details: str | int,
) -> None:
    """Write the event in the caller's transaction.

    Raises:
        AuditUnavailable: it cannot be written; then nothing of the change may stand either.
    """
    audit.record(
        event,
        organization_id=registration.organization_id,
        actor=actor,
        at=now,
        target=str(registration.pk),
        outcome=outcome,
        details=details,
    )
