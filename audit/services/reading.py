"""Reading the log is itself in the log (PCI DSS 10.2.1.3): one event a page view, not one a row."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import selectors
from audit.actor import Actor
from audit.catalogue import Event
from audit.models import InboxEvent
from audit.selectors import EventDetail, LogPage
from audit.services import recording


def read_page(
    *, organization_id: UUID, reader: Actor, filters: Mapping[str, str], before: UUID | None, now: datetime
) -> LogPage:
    """Return one page of the log, having recorded that it was read.

    Raises:
        AuditUnavailable: the reading cannot be recorded, so nothing is shown.
    """
    with transaction.atomic():
        page = selectors.log_page(organization_id, filters=filters, before=before)
        recording.record(
            Event.LOG_READ,
            organization_id=organization_id,
            actor=reader,
            at=now,
            details={**filters, "rows": len(page.rows), "before": str(before) if before else None},
        )
    return page


def read_wings(
    *, organization_id: UUID, reader: Actor, wings: Collection[str], limit: int, before: UUID | None, now: datetime
) -> LogPage:
    """Return up to `limit` events of some wings, having recorded that they were read.

    Raises:
        AuditUnavailable: the reading cannot be recorded, so nothing is shown.
    """
    with transaction.atomic():
        page = selectors.wings_page(organization_id, wings=wings, limit=limit, before=before)
        recording.record(
            Event.LOG_READ,
            organization_id=organization_id,
            actor=reader,
            at=now,
            details={"wings": " ".join(wings), "rows": len(page.rows), "before": str(before) if before else None},
        )
    return page


def read_event(*, organization_id: UUID, event_id: UUID, reader: Actor, now: datetime) -> EventDetail:
    """Return one event, having recorded that it was read.

    Raises:
        InboxEvent.DoesNotExist: the organization's log has no such event.
        AuditUnavailable: the reading cannot be recorded, so nothing is shown.
    """
    with transaction.atomic():
        event = InboxEvent.objects.for_organization(organization_id).get(pk=event_id)
        recording.record(
            Event.LOG_READ_EVENT, organization_id=organization_id, actor=reader, at=now, target=str(event_id)
        )
    return selectors.event_detail(event)
