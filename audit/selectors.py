"""What the pages of the log show, as frozen values."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from audit.entry import Outcome
from audit.event_id import first_event_id
from audit.models import InboxEvent

PAGE_ROWS = 25
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in the list."""

    id: UUID
    recorded_at: datetime
    event: str
    actor_id: str
    actor: str
    target: str
    target_name: str
    outcome: str
    reason: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Rows, newest first, and where the older ones begin (None: this is the start of the log)."""

    rows: tuple[EventRow, ...]
    older_than: UUID | None


@dataclass(frozen=True, slots=True)
class DayOfEvents:
    """How many events a day had, and how many of them did not succeed."""

    events: int
    not_successful: int


@dataclass(frozen=True, slots=True)
class EventDetail:
    """One event with everything it says, read from its stored bytes."""

    row: EventRow
    address: str
    request_id: str
    body: str


def log_page(organization_id: UUID, *, filters: Mapping[str, str], before: UUID | None) -> LogPage:
    """Return one page of an organization's log, in two queries at any depth."""
    events = InboxEvent.objects.for_organization(organization_id).matching(
        event=filters.get("event", ""), actor_id=filters.get("actor", ""), outcome=filters.get("outcome", "")
    )
    if before is not None:
        events = events.older_than(before)
    return _page(list(events.newest_first()[: PAGE_ROWS + 1]), PAGE_ROWS)


def wings_page(organization_id: UUID, *, wings: Iterable[str], limit: int, before: UUID | None) -> LogPage:
    """Return up to `limit` events of some wings, newest first, in two queries at any depth."""
    events = InboxEvent.objects.for_organization(organization_id).of_wings(wings)
    if before is not None:
        events = events.older_than(before)
    return _page(list(events.newest_first()[: limit + 1]), limit)


def newest_events(organization_id: UUID, *, limit: int) -> tuple[EventRow, ...]:
    """Return the newest events of an organization, in two queries."""
    events = list(InboxEvent.objects.for_organization(organization_id).newest_first()[:limit])
    names = people_names(events)
    return tuple(_row(event, names) for event in events)


def events_by_day(organization_id: UUID, *, since: datetime, zone: tzinfo) -> dict[date, DayOfEvents]:
    """Return the days since `since` that had events, cut at midnight of `zone`, in one query."""
    days = (
        InboxEvent.objects.for_organization(organization_id)
        .filter(id__gte=first_event_id(since))
        .annotate(day=TruncDate("recorded_at", tzinfo=zone))
        .values("day")
        .annotate(events=Count("id"), not_successful=Count("id", filter=~Q(outcome=Outcome.SUCCESS)))
        .order_by("day")
    )
    return {row["day"]: DayOfEvents(row["events"], row["not_successful"]) for row in days}


def event_detail(event: InboxEvent) -> EventDetail:
    """Return one event as it was written."""
    body = bytes(event.body).decode()
    said = json.loads(body)
    return EventDetail(
        row=_row(event, people_names([event])),
        address=said["address"],
        request_id=said["request"],
        body=body,
    )


def people_names(events: Iterable[InboxEvent]) -> dict[str, str]:
    """Return the names of the people who act in these events or whom they are about, in one query."""
    shown = list(events)
    ids = {event.actor_id for event in shown if event.actor_kind == "person"}
    ids |= {event.target for event in shown if UUID_TEXT.fullmatch(event.target)}
    people = get_user_model().objects.filter(pk__in=ids)
    return {str(person.pk): str(person) for person in people}


def _page(found: list[InboxEvent], rows: int) -> LogPage:
    """Return the first `rows` of what was found; one more says that there are older ones."""
    shown = found[:rows]
    names = people_names(shown)
    return LogPage(
        rows=tuple(_row(event, names) for event in shown),
        older_than=shown[-1].pk if len(found) > rows else None,
    )


def _row(event: InboxEvent, names: Mapping[str, str]) -> EventRow:
    said = json.loads(bytes(event.body))
    return EventRow(
        id=event.pk,
        recorded_at=event.recorded_at,
        event=event.event,
        actor_id=event.actor_id,
        actor=names.get(event.actor_id, event.actor_id),
        target=event.target,
        target_name=names.get(event.target, ""),
        outcome=event.outcome,
        reason=said["reason"],
        details=said["details"],
    )
