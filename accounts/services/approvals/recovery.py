"""Take up what a process left behind: claimed and never finished, or approved and never claimed."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts import conf
from accounts.approvals.request_hash import check_unaltered
from accounts.models import ApprovalRequest, ApprovalState, Choice, Vote
from accounts.services.approvals import events, execution
from ascend.scope import organization_scope
from audit.catalogue import Event

logger = logging.getLogger(__name__)


def resume_crashed(*, now: datetime) -> int:
    """Carry on with every request that crashed on its way; return how many were taken up."""
    taken = 0
    for request_id, organization_id in _left_behind(now):
        with organization_scope(organization_id):
            taken += _resume_or_log(request_id, now)
    for request_id, organization_id in _approved_but_unclaimed(now):
        with organization_scope(organization_id):
            _execute_or_log(request_id, now)
    return taken


def _left_behind(now: datetime) -> list[tuple[UUID, UUID]]:
    crashed = ApprovalRequest.objects.filter(
        state=ApprovalState.EXECUTING, claimed_at__lte=now - conf.approval_crash_after()
    )
    return list(crashed.order_by("claimed_at").values_list("pk", "organization_id"))


def _approved_but_unclaimed(now: datetime) -> list[tuple[UUID, UUID]]:
    approvals = Vote.objects.filter(request=OuterRef("pk"), choice=Choice.APPROVE)
    waiting = ApprovalRequest.objects.pending(now).filter(Exists(approvals))
    return list(waiting.order_by("created_at").values_list("pk", "organization_id"))


def _claim_again(request_id: UUID, now: datetime) -> ApprovalRequest | None:
    with transaction.atomic(durable=True):
        crashed = (
            ApprovalRequest.objects.select_for_update(skip_locked=True)
            .filter(pk=request_id, state=ApprovalState.EXECUTING, claimed_at__lte=now - conf.approval_crash_after())
            .first()
        )
        if crashed is None:
            return None
        check_unaltered(crashed)
        execution.take(crashed, now)
        events.record(Event.APPROVAL_RESUME, crashed, actor=execution.ACTOR, now=now, fence=crashed.fence)
    return crashed


def _resume_or_log(request_id: UUID, now: datetime) -> bool:
    try:
        claimed = _claim_again(request_id, now)
        if claimed is not None:
            execution.carry_out(claimed, now)
    except Exception:
        # It stays executing and is taken up again; whatever broke must not stop those behind it.
        logger.exception("an approval request cannot be carried out")
        return False
    return claimed is not None


def _execute_or_log(request_id: UUID, now: datetime) -> None:
    try:
        execution.execute(request_id=request_id, now=now)
    except Exception:
        # An altered request, an operation that nobody knows any more, a handler that breaks: the
        # request stays pending and visible, and must not stop those behind it.
        logger.exception("an approval request cannot be carried out")
