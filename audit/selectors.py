"""What the pages of the log show, as frozen values."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from audit.models import InboxEvent

PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in the list."""

    id: UUID
    recorded_at: datetime
    event: str
    actor_id: str
    actor: str
    target: str
    outcome: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """Rows, newest first, and where the older ones begin (None: this is the start of the log)."""

    rows: tuple[EventRow, ...]
    older_than: UUID | None


@dataclass(frozen=True, slots=True)
class EventDetail:
    """One event with everything it says, read from its stored bytes."""

    row: EventRow
    address: str
    request_id: str
    reason: str
    details: Mapping[str, Any]
    body: str


def log_page(organization_id: UUID, *, filters: Mapping[str, str], before: UUID | None) -> LogPage:
    """Return one page of an organization's log, in two queries at any depth."""
    events = InboxEvent.objects.for_organization(organization_id).matching(
        event=filters.get("event", ""), actor_id=filters.get("actor", ""), outcome=filters.get("outcome", "")
    )
    if before is not None:
        events = events.older_than(before)
    found = list(events.newest_first().defer("body")[: PAGE_ROWS + 1])
    shown = found[:PAGE_ROWS]
    names = actor_names(shown)
    return LogPage(
        rows=tuple(_row(event, names) for event in shown),
        older_than=shown[-1].pk if len(found) > PAGE_ROWS else None,
    )


def event_detail(event: InboxEvent) -> EventDetail:
    """Return one event as it was written."""
    body = bytes(event.body).decode()
    said = json.loads(body)
    return EventDetail(
        row=_row(event, actor_names([event])),
        address=said["address"],
        request_id=said["request"],
        reason=said["reason"],
        details=said["details"],
        body=body,
    )


def actor_names(events: Iterable[InboxEvent]) -> dict[str, str]:
    """Return the names of the people among the actors, in one query."""
    ids = {event.actor_id for event in events if event.actor_kind == "person"}
    people = get_user_model().objects.filter(pk__in=ids)
    return {str(person.pk): str(person) for person in people}


def _row(event: InboxEvent, names: Mapping[str, str]) -> EventRow:
    return EventRow(
        id=event.pk,
        recorded_at=event.recorded_at,
        event=event.event,
        actor_id=event.actor_id,
        actor=names.get(event.actor_id, event.actor_id),
        target=event.target,
        outcome=event.outcome,
    )
