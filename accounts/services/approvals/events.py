"""What the log says about a request: always the same target, operation and hash."""

from datetime import datetime

from accounts.models import ApprovalRequest
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Detail, Outcome


def record(
    event: Event,
    request: ApprovalRequest,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    outcome: Outcome = Outcome.SUCCESS,
    **details: Detail,
) -> None:
    """Record an event of one request in the caller's transaction."""
    audit.record(
        event,
        organization_id=request.organization_id,
        actor=actor,
        at=now,
        target=str(request.pk),
        reason=reason,
        outcome=outcome,
        details={
            "operation": request.operation,
            "on": request.target,
            "request_hash": bytes(request.request_hash).hex(),
            **details,
        },
    )
