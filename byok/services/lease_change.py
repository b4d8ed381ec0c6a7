"""Change how long a key may be used without asking its key store again. One other person must agree.

A longer lease means a later stop after a revocation, so this is no setting of one person.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.approvals.registry import Description, Difference, Effect, EffectFailed
from accounts.models import ApprovalRequest
from accounts.roles import Role
from accounts.services import approvals
from ascend.keychain import selectors, transitions
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.models import Key
from ascend.keychain.states import Level
from audit.actor import Actor

OPERATION = "byok:lease:change"
NO_KEYS = "none"


class LeaseChange:
    """The handler of `byok:lease:change`. The target is the organization; nothing leaves the database."""

    votes_needed = 1
    eligible_role = Role.APPROVER

    def current_version(self, *, organization_id: UUID, target: str) -> str:  # noqa: ARG002 - the target says the same
        """Return the state version of the primary tenant key, which a change of the lease raises."""
        tenants = Key.objects.for_organization(organization_id).primary(Level.TENANT_KEY)
        version = tenants.values_list("state_version", flat=True).first()
        return NO_KEYS if version is None else str(version)

    def describe(self, request: ApprovalRequest) -> Description:
        """Say what changes and what that means."""
        before, after = int(request.params["from_seconds"]), int(request.params["to_seconds"])
        return Description(
            title=_("Change the lease length to %(seconds)s seconds") % {"seconds": after},
            explanation=_(
                "A lease is how long an unwrapped key may be used before the key store is asked again. "
                "After a revocation, everything stops within the lease even when no message gets through."
            ),
            differences=(Difference(_("Lease length"), _seconds(before), _seconds(after)),),
        )

    def effect(self, request: ApprovalRequest) -> Effect:  # noqa: ARG002 - there is none
        """Do nothing: the change is in the database only."""
        return {}

    def finish(self, request: ApprovalRequest, effect: Effect, *, actor: Actor, now: datetime) -> None:  # noqa: ARG002
        """Seal the tenant key's row with the new length.

        Raises:
            EffectFailed: there is no tenant key, or its row is not as it was written.
        """
        seconds = int(request.params["to_seconds"])
        try:
            transitions.set_lease_seconds(organization_id=request.organization_id, seconds=seconds, now=now)
        except Key.DoesNotExist as error:
            raise EffectFailed(_("the organization has no tenant key yet")) from error
        except (KeyUnavailable, ValueError) as error:
            raise EffectFailed(str(error)) from error


def request_lease_change(
    *, organization_id: UUID, requester_id: UUID, seconds: int, reason: str, now: datetime
) -> ApprovalRequest:
    """Ask for another lease length (5 to 300 seconds).

    Raises:
        AlreadyRequested: another length is being decided.
    """
    before = selectors.keychain(organization_id).lease_seconds
    return approvals.request(
        operation=OPERATION,
        target=str(organization_id),
        params={"from_seconds": before, "to_seconds": seconds},
        requester_id=requester_id,
        organization_id=organization_id,
        reason=reason,
        now=now,
    )


def _seconds(number: int) -> str:
    return ngettext("%(number)s second", "%(number)s seconds", number) % {"number": number}
