"""Say yes or no to somebody else's request."""

from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from uuid import UUID

from django.db import transaction

from accounts.approvals import registry
from accounts.approvals.request_hash import check_unaltered
from accounts.models import ApprovalRequest, ApprovalState, Choice, Membership, Vote
from accounts.services.approvals import events, requesting
from audit.actor import Actor
from audit.catalogue import Event


class NotEligible(Exception):
    """The person asked for it themselves, or does not hold the role that decides."""


class RequestClosed(Exception):
    """The request was decided, or its time is over."""


class AlreadyVoted(Exception):
    """The person has voted; a vote is never changed."""


class StalePage(Exception):
    """The page that the person decided on showed another request than the row now holds."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote to be cast. `seen_hash` is the hash of what the page showed."""

    choice: Choice
    reason: str
    seen_hash: bytes = field(repr=False)


def vote(*, request_id: UUID, organization_id: UUID, voter_id: UUID, ballot: Ballot, now: datetime) -> ApprovalRequest:
    """Cast a vote and return the request. One rejection closes it; carrying out is `execute`'s.

    Raises:
        ApprovalRequest.DoesNotExist: the organization has no such request.
        NotEligible, RequestClosed, AlreadyVoted, StalePage: the vote does not count, nothing was written.
        RequestAltered: the row was changed behind the hash.
    """
    with transaction.atomic():
        wanted = ApprovalRequest.objects.select_for_update().get(pk=request_id, organization_id=organization_id)
        _check(wanted, voter_id, ballot, now)
        Vote.objects.create(
            request=wanted,
            person_id=voter_id,
            choice=ballot.choice,
            request_hash=bytes(wanted.request_hash),
            reason=ballot.reason,
            cast_at=now,
        )
        events.record(
            Event.APPROVAL_CAST_VOTE,
            wanted,
            actor=Actor.person(voter_id),
            now=now,
            reason=ballot.reason,
            choice=ballot.choice.value,
        )
        if ballot.choice == Choice.REJECT:
            _close_as_rejected(wanted, voter_id, now)
    return wanted


def _check(wanted: ApprovalRequest, voter_id: UUID, ballot: Ballot, now: datetime) -> None:
    if not requesting.is_open(wanted, now):
        raise RequestClosed
    check_unaltered(wanted)
    if not compare_digest(bytes(wanted.request_hash), ballot.seen_hash):
        raise StalePage
    if voter_id not in eligible_voters(wanted, among={voter_id}):
        raise NotEligible
    if wanted.votes.filter(person_id=voter_id).exists():
        raise AlreadyVoted


def eligible_voters(wanted: ApprovalRequest, *, among: set[UUID]) -> set[UUID]:
    """Return who of `among` may vote on the request now. Their memberships stay locked until commit.

    So a role that is being taken away is either seen as gone, or goes after we are done.
    """
    role = registry.handler_for(wanted.operation).eligible_role
    memberships = (
        Membership.objects.for_organization(wanted.organization_id)
        .holding(role)
        .filter(person_id__in=among - {wanted.requester_id})
        .order_by("pk")
    )
    return {membership.person_id for membership in memberships.select_for_update(no_key=True)}


def _close_as_rejected(wanted: ApprovalRequest, voter_id: UUID, now: datetime) -> None:
    wanted.state, wanted.closed_at = ApprovalState.REJECTED, now
    wanted.save(update_fields=["state", "closed_at"])
    events.record(Event.APPROVAL_REJECT, wanted, actor=Actor.person(voter_id), now=now)
