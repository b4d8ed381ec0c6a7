"""Carry out what was approved, once: claim, then the effect, then finish.

The claim recounts the votes under the request's row lock and commits before anything leaves the
database, because no lock is held across the network. The fence tells a process that comes back
from the dead that another one took over.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.approvals import registry
from accounts.approvals.registry import Effect, EffectFailed
from accounts.approvals.request_hash import check_unaltered
from accounts.models import ApprovalRequest, ApprovalState, Choice
from accounts.services.approvals import events, expiry, voting
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Outcome

ACTOR = Actor.system("approvals")
TARGET_CHANGED = "what it was about has changed since it was requested"


def execute(*, request_id: UUID, now: datetime) -> ApprovalState:
    """Carry a request out if it has its votes, and return its state afterwards.

    Safe to call at any time, by anyone, twice at once: what is not ready stays as it is.

    Raises:
        RequestAltered: the row was changed behind the hash; nothing is done.
    """
    claimed = _claim(request_id, now)
    return carry_out(claimed, now) if claimed else _state_of(request_id)


def carry_out(claimed: ApprovalRequest, now: datetime) -> ApprovalState:
    """Do the effect of a claimed request and finish it.

    An unexpected error leaves it `executing`: it is resumed with a new fence, never forgotten.
    """
    try:
        effect = registry.handler_for(claimed.operation).effect(claimed)
    except EffectFailed as error:
        return _close_under_fence(claimed, now, failure=str(error))
    try:
        return _finish(claimed, effect, now)
    except EffectFailed as error:
        return _close_under_fence(claimed, now, failure=str(error))


def _claim(request_id: UUID, now: datetime) -> ApprovalRequest | None:
    with transaction.atomic(durable=True):
        wanted = ApprovalRequest.objects.select_for_update().get(pk=request_id)
        if wanted.state != ApprovalState.PENDING:
            return None
        if wanted.has_expired(now):
            expiry.close_as_expired(wanted, now)
            return None
        check_unaltered(wanted)
        if not _has_its_votes(wanted):
            return None
        if _target_changed(wanted):
            _close(wanted, now, failure=TARGET_CHANGED)
            return None
        take(wanted, now)
    return wanted


def take(wanted: ApprovalRequest, now: datetime) -> None:
    """Mark a locked request as being carried out by this caller, from now on."""
    wanted.state, wanted.fence, wanted.claimed_at = ApprovalState.EXECUTING, wanted.fence + 1, now
    wanted.save(update_fields=["state", "fence", "claimed_at"])


def _has_its_votes(wanted: ApprovalRequest) -> bool:
    """Return whether enough different people approved this very hash and may still vote."""
    votes = list(wanted.votes.all())
    if any(vote.choice == Choice.REJECT for vote in votes):
        return False
    voters = {vote.person_id for vote in votes if bytes(vote.request_hash) == bytes(wanted.request_hash)}
    needed = max(wanted.votes_needed, registry.handler_for(wanted.operation).votes_needed)
    return len(voting.eligible_voters(wanted, among=voters)) >= needed


def _finish(claimed: ApprovalRequest, effect: Effect, now: datetime) -> ApprovalState:
    with transaction.atomic(durable=True):
        wanted = _still_ours(claimed)
        if wanted is None:
            return _state_of(claimed.pk)
        if _target_changed(wanted):
            return _close(wanted, now, failure=TARGET_CHANGED)
        registry.handler_for(wanted.operation).finish(wanted, effect, actor=ACTOR, now=now)
        return _close(wanted, now)


def _close_under_fence(claimed: ApprovalRequest, now: datetime, *, failure: str) -> ApprovalState:
    with transaction.atomic(durable=True):
        wanted = _still_ours(claimed)
        return _close(wanted, now, failure=failure) if wanted else _state_of(claimed.pk)


def _still_ours(claimed: ApprovalRequest) -> ApprovalRequest | None:
    wanted = ApprovalRequest.objects.select_for_update().get(pk=claimed.pk)
    ours = wanted.state == ApprovalState.EXECUTING and wanted.fence == claimed.fence
    return wanted if ours else None


def _close(wanted: ApprovalRequest, now: datetime, *, failure: str = "") -> ApprovalState:
    wanted.state = ApprovalState.FAILED if failure else ApprovalState.SUCCEEDED
    wanted.closed_at, wanted.failure = now, failure[:300]
    wanted.save(update_fields=["state", "closed_at", "failure"])
    event, outcome = (Event.APPROVAL_FAIL, Outcome.ERROR) if failure else (Event.APPROVAL_EXECUTE, Outcome.SUCCESS)
    events.record(event, wanted, actor=ACTOR, now=now, outcome=outcome, failure=failure)
    return wanted.state


def _target_changed(wanted: ApprovalRequest) -> bool:
    handler = registry.handler_for(wanted.operation)
    version = handler.current_version(organization_id=wanted.organization_id, target=wanted.target)
    return version != wanted.target_version


def _state_of(request_id: UUID) -> ApprovalState:
    return ApprovalState(ApprovalRequest.objects.values_list("state", flat=True).get(pk=request_id))
