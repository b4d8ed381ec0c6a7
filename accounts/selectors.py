"""What the approval pages show, as frozen values."""

from dataclasses import dataclass
from datetime import datetime

from accounts.access import Access
from accounts.approvals import registry
from accounts.approvals.registry import Description, UnknownOperation
from accounts.models import ApprovalRequest, ApprovalState, Membership, Vote

CLOSED_SHOWN = 25
OPEN_SHOWN = 100


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One line of the inbox."""

    request: ApprovalRequest
    title: str
    state: str
    may_vote: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """What is open, and the newest of what is closed."""

    waiting: tuple[InboxRow, ...]
    closed: tuple[InboxRow, ...]


@dataclass(frozen=True, slots=True)
class ApprovalDetail:
    """One request as its page shows it."""

    request: ApprovalRequest
    description: Description
    state: str
    votes: tuple[Vote, ...]
    approvals_given: int
    approvals_missing: int
    approvers: int
    may_vote: bool

    @property
    def lacks_approvers(self) -> bool:
        """Return whether too few people could ever decide: separation of duties is not met."""
        return self.state == ApprovalState.PENDING and self.approvers < self.request.votes_needed


def approval_inbox(access: Access, now: datetime) -> Inbox:
    """Return the requests of the organization in three queries, however many there are."""
    requests = ApprovalRequest.objects.for_organization(access.organization.pk).newest_first()
    waiting = list(requests.filter(state__in=[ApprovalState.PENDING, ApprovalState.EXECUTING])[:OPEN_SHOWN])
    closed = list(requests.exclude(state__in=[ApprovalState.PENDING, ApprovalState.EXECUTING])[:CLOSED_SHOWN])
    voted = set(
        Vote.objects.filter(person_id=access.person.pk, request__in=[wanted.pk for wanted in waiting]).values_list(
            "request_id", flat=True
        )
    )
    return Inbox(
        waiting=tuple(_row(wanted, access, now, voted=wanted.pk in voted) for wanted in waiting),
        closed=tuple(_row(wanted, access, now, voted=True) for wanted in closed),
    )


def approval_detail(wanted: ApprovalRequest, access: Access, now: datetime) -> ApprovalDetail:
    """Return one request with its votes."""
    votes = tuple(wanted.votes.select_related("person").order_by("cast_at", "pk"))
    given = sum(vote.choice == "approve" for vote in votes)
    voted = any(vote.person_id == access.person.pk for vote in votes)
    return ApprovalDetail(
        request=wanted,
        description=describe(wanted),
        state=shown_state(wanted, now),
        votes=votes,
        approvals_given=given,
        approvals_missing=max(0, wanted.votes_needed - given),
        approvers=_approvers_of(wanted),
        may_vote=_may_vote(wanted, access, now, voted=voted),
    )


def describe(wanted: ApprovalRequest) -> Description:
    """Return what a request is about; one of a feature that is gone is named by its operation."""
    try:
        return registry.handler_for(wanted.operation).describe(wanted)
    except UnknownOperation:
        return Description(title=wanted.operation, explanation="")


def shown_state(wanted: ApprovalRequest, now: datetime) -> str:
    """Return the state as of now, also before the beat has written it."""
    return ApprovalState.EXPIRED.value if wanted.has_expired(now) else wanted.state


def _row(wanted: ApprovalRequest, access: Access, now: datetime, *, voted: bool) -> InboxRow:
    return InboxRow(
        request=wanted,
        title=describe(wanted).title,
        state=shown_state(wanted, now),
        may_vote=_may_vote(wanted, access, now, voted=voted),
    )


def _may_vote(wanted: ApprovalRequest, access: Access, now: datetime, *, voted: bool) -> bool:
    if voted or wanted.requester_id == access.person.pk or shown_state(wanted, now) != ApprovalState.PENDING:
        return False
    try:
        return access.has(registry.handler_for(wanted.operation).eligible_role)
    except UnknownOperation:
        return False


def _approvers_of(wanted: ApprovalRequest) -> int:
    try:
        role = registry.handler_for(wanted.operation).eligible_role
    except UnknownOperation:
        return 0
    members = Membership.objects.for_organization(wanted.organization_id).holding(role)
    return members.exclude(person_id=wanted.requester_id).count()
