"""What `ASCEND_JOURNAL` names: the library's events enter the log here."""

from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from audit.actor import Actor
from audit.catalogue import Event
from audit.services import recording

ACTOR = Actor.system("ascend")
LISTED = frozenset(member.value for member in Event)


def receive(event: str, *, organization_id: UUID | None, details: Mapping[str, str | int]) -> None:
    """Record an event of `ascend`, in the transaction of the change it tells of.

    A name that the catalogue does not list is recorded under its own name in the details: a newer
    library must not be able to act unseen, nor an unlisted name stop a suspension.

    Raises:
        AuditUnavailable: the event cannot be written; the library then refuses its change.
    """
    known = event in LISTED
    recording.record(
        Event(event) if known else Event.KEYCHAIN_UNLISTED,
        organization_id=organization_id,
        actor=ACTOR,
        at=timezone.now(),
        target=str(details.get("key_id", organization_id or "")),
        details=details if known else {**details, "event": event},
    )
