"""Write an event in the transaction of the change that it tells of."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import rfc8785
from django.db import DatabaseError

from audit import origin
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import MAX_BODY_BYTES, Detail, Entry, Outcome
from audit.event_id import new_event_id
from audit.models import InboxEvent


class AuditUnavailable(Exception):
    """The event cannot be written, so the change it tells of must not happen."""


def record(
    event: Event,
    *,
    organization_id: UUID | None,
    actor: Actor,
    at: datetime,
    target: str = "",
    reason: str = "",
    outcome: Outcome = Outcome.SUCCESS,
    details: Mapping[str, Detail] | None = None,
) -> UUID:
    """Write one event to the inbox and return its id.

    Call it inside the transaction of the change: both commit or neither does. `organization_id`
    is None for what concerns the whole platform. `details` never hold a protected value.

    Raises:
        AuditUnavailable: the database refused the row, or the event cannot be written exactly.
    """
    entry = Entry(
        id=new_event_id(at),
        event=event,
        organization_id=organization_id,
        actor=actor,
        at=at,
        target=target,
        outcome=outcome,
        reason=reason,
        details=details or {},
        origin=origin.current(),
    )
    _insert(entry, _body_of(entry))
    return entry.id


def _body_of(entry: Entry) -> bytes:
    try:
        body = entry.to_bytes()
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise AuditUnavailable(f"{entry.event}: the event has no canonical form") from error
    if len(body) > MAX_BODY_BYTES:
        raise AuditUnavailable(f"{entry.event}: {len(body)} bytes, at most {MAX_BODY_BYTES} are allowed")
    return body


def _insert(entry: Entry, body: bytes) -> None:
    try:
        InboxEvent.objects.create(
            id=entry.id,
            organization_id=entry.organization_id,
            body=body,
            recorded_at=entry.at,
            event=entry.event.value,
            actor_kind=entry.actor.kind,
            actor_id=entry.actor.id,
            target=entry.target,
            outcome=entry.outcome.value,
        )
    except DatabaseError as error:
        raise AuditUnavailable(f"{entry.event}: the inbox did not take the event") from error
