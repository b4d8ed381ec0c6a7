"""Who may let a column go back to plaintext: a second person of every organization whose values are in it.

`ASCEND_AUTHORITY` names `decide`. A request is written with `manage.py request_unprotect`, and voted on like any other.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.approvals.registry import Description, Difference, Effect
from accounts.models import ApprovalRequest, ApprovalState, Organization
from accounts.roles import Role
from accounts.services import approvals
from ascend.authority import NotAuthorized
from ascend.campaigns.models import Campaign
from audit.actor import Actor

OPERATION: Final = "fields:column:unprotect"
VALID_FOR: Final = timedelta(hours=24)
NEVER_MOVED: Final = "none"


class Unprotection:
    """The handler of `fields:column:unprotect`. The target is a column's label, the closed request the permission."""

    votes_needed = 1
    eligible_role = Role.APPROVER

    def current_version(self, *, organization_id: UUID, target: str) -> str:  # noqa: ARG002 - of all organizations
        """Return which campaign was the column's last: what is approved is to go back from there."""
        last = Campaign.objects.filter(label=target).order_by("-created_at").first()
        return str(last.pk) if last else NEVER_MOVED

    def describe(self, request: ApprovalRequest) -> Description:
        """Say what stands in clear afterwards."""
        return Description(
            title=_("Write the values of %(column)s back in clear") % {"column": request.target},
            explanation=_(
                "Everybody who reads the database, a replica or a backup can read these values from then on. "
                "The permission holds for 24 hours, for everything that an operator then moves."
            ),
            differences=(Difference(request.target, _("encrypted"), _("plaintext")),),
        )

    def effect(self, request: ApprovalRequest) -> Effect:  # noqa: ARG002 - there is none
        """Do nothing: an operator runs the command."""
        return {}

    def finish(self, request: ApprovalRequest, effect: Effect, *, actor: Actor, now: datetime) -> None:
        """Do nothing: the closed request is the permission."""


def request_unprotection(
    *, label: str, organization_id: UUID, requester_id: UUID, reason: str, now: datetime
) -> ApprovalRequest:
    """Ask that a column may go back to plaintext for one organization.

    Raises:
        AlreadyRequested: the same is being decided.
    """
    return approvals.request(
        operation=OPERATION,
        target=label,
        params={},
        requester_id=requester_id,
        organization_id=organization_id,
        reason=reason,
        now=now,
    )


def decide(operation: str, *, organization_id: UUID | None, **of_what: object) -> None:
    """Allow what the portal has no approval for elsewhere; "unprotect" needs one of each organization concerned.

    Raises:
        NotAuthorized: an organization has not agreed within the last 24 hours.
    """
    if operation != "unprotect":
        return
    label, since = str(of_what.get("subject", "")), timezone.now() - VALID_FOR
    agreed = ApprovalRequest.objects.filter(
        operation=OPERATION, target=label, state=ApprovalState.SUCCEEDED, closed_at__gte=since
    ).values_list("organization_id", flat=True)
    concerned = Organization.objects.exclude(pk__in=list(agreed))
    if organization_id is not None:
        concerned = concerned.filter(pk=organization_id)
    if missing := list(concerned.order_by("name").values_list("name", flat=True)):
        raise NotAuthorized(
            _("A second person of %(organizations)s has to agree first: manage.py request_unprotect %(column)s.")
            % {"organizations": ", ".join(missing), "column": label}
        )
