"""What screens show of the log, as frozen values."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from audit.entry import Outcome
from audit.event_id import first_event_id
from audit.models import InboxEvent


@dataclass(frozen=True, slots=True)
class DayOfEvents:
    """How many events one day had in an organization, and how many of them did not succeed."""

    day: date
    events: int
    not_successful: int


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
    return {row["day"]: DayOfEvents(row["day"], row["events"], row["not_successful"]) for row in days}


def recent_events(organization_id: UUID, *, limit: int) -> list[InboxEvent]:
    """Return the newest events of an organization; their bodies are left in the database."""
    return list(InboxEvent.objects.for_organization(organization_id).newest_first().defer("body")[:limit])
