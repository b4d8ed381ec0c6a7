"""Close what nobody decided in time. Silence is a no."""

from datetime import datetime

from django.db import transaction

from accounts.models import ApprovalRequest, ApprovalState
from accounts.services.approvals import events
from audit.actor import Actor
from audit.catalogue import Event

ACTOR = Actor.system("approvals")


def close_as_expired(request: ApprovalRequest, now: datetime) -> None:
    """Close one overdue request, whose row the caller holds locked."""
    request.state, request.closed_at = ApprovalState.EXPIRED, now
    request.save(update_fields=["state", "closed_at"])
    events.record(Event.APPROVAL_EXPIRE, request, actor=ACTOR, now=now)


def expire_overdue(*, now: datetime) -> int:
    """Close every overdue request and return how many there were.

    Rows that somebody is just deciding are skipped; an executing request is never overdue.
    """
    with transaction.atomic():
        overdue = list(ApprovalRequest.objects.overdue(now).select_for_update(skip_locked=True)[:500])
        for request in overdue:
            close_as_expired(request, now)
    return len(overdue)
