"""Ask for a registered key to be put in charge, and do it once another person has approved.

What kind of move it is, is decided at the moment of execution: a successor of the organization's own key re-wraps its
tenant keys; the first own key needs an organization without values, until values can be moved in the background.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.approvals.registry import Description, Difference, Effect, EffectFailed
from accounts.models import ApprovalRequest
from accounts.roles import Role
from accounts.services import approvals
from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import moving
from ascend.keychain.errors import KeyInUse, KeyUnavailable
from ascend.providers.contract import ProviderError
from audit.actor import Actor
from audit.catalogue import Event
from byok.models import Registration, State
from byok.services import calls, events, prepared_moves, registering, standing

OPERATION = "byok:key:activate"


class NotReady(Exception):
    """Steps are missing; `missing` are sentences for the person who asked."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(" ".join(missing))
        self.missing = missing


class HasValues(Exception):
    """The organization has values under the platform's keys; they would have to be moved first."""


class KeyActivation:
    """The handler of `byok:key:activate`. The target is the registration."""

    votes_needed = 1
    eligible_role = Role.APPROVER

    def current_version(self, *, organization_id: UUID, target: str) -> str:
        """Return what changes with the key's details and its checks: an approval is for what was shown."""
        registration = _registration(organization_id, target)
        return f"{registration.details_version}.{registration.checks_run}.{standing.has_current_waiver(registration)}"

    def describe(self, request: ApprovalRequest) -> Description:
        """Say which key takes over from which."""
        registration = _registration(request.organization_id, request.target)
        before = _active(request.organization_id)
        return Description(
            title=_("Put the key “%(alias)s” in charge") % {"alias": registration.alias},
            explanation=_(
                "From then on nothing of this organization can be read or written without this key. If its owner "
                "disables it, everything stops; if they delete it, the data is lost for ever."
            ),
            differences=(
                Difference(_("Master key"), before.key_arn if before else _("The platform's"), registration.key_arn),
            ),
        )

    def effect(self, request: ApprovalRequest) -> Effect:
        """Ask the key stores for what the move needs. Calling it again only makes other keys that nobody uses."""
        registration = _registration(request.organization_id, request.target)
        before = _active(request.organization_id)
        try:
            return prepared_moves.prepare(
                organization_id=request.organization_id,
                provider_uri=calls.uri_of(registration),
                is_successor=before is not None,
                now=timezone.now(),
            )
        except (ProviderError, KeyUnavailable, DecryptionFailed) as error:
            raise EffectFailed(str(error)) from error

    def finish(self, request: ApprovalRequest, effect: Effect, *, actor: Actor, now: datetime) -> None:
        """Write the new master key, and retire the registration of the one before.

        Raises:
            EffectFailed: values or keys were made meanwhile, or the seal of a key does not hold.
        """
        registration = _registration(request.organization_id, request.target)
        try:
            with transaction.atomic():
                prepared_moves.write(
                    {name: str(value) for name, value in effect.items()},
                    organization_id=request.organization_id,
                    provider_uri=calls.uri_of(registration),
                    now=now,
                )
        except (KeyInUse, KeyUnavailable) as error:
            raise EffectFailed(str(error)) from error
        _put_in_charge(registration, actor, now)


def request_activation(
    *, registration_id: UUID, organization_id: UUID, requester_id: UUID, reason: str, now: datetime
) -> ApprovalRequest:
    """Ask another person to put the key in charge.

    Raises:
        WrongStep: the registration is no draft.
        NotReady: steps are missing.
        HasValues: values are protected under the platform's keys.
        KeyTaken: the key serves another registration by now.
        AlreadyRequested: it is being decided.
    """
    with transaction.atomic():
        registration = registering.locked_draft(registration_id, organization_id)
        missing = standing.missing(registration)
        if missing:
            raise NotReady(missing)
        if Registration.objects.held(registration.key_arn).exists():
            raise registering.KeyTaken
        if _active(organization_id) is None and moving.has_values(organization_id):
            raise HasValues
        wanted = approvals.request(
            operation=OPERATION,
            target=str(registration.pk),
            params={"key_arn": registration.key_arn, "alias": registration.alias},
            requester_id=requester_id,
            organization_id=organization_id,
            reason=reason,
            now=now,
        )
        registration.state, registration.approval = State.REQUESTED, wanted
        registration.save(update_fields=["state", "approval"])
    return wanted


def _put_in_charge(registration: Registration, actor: Actor, now: datetime) -> None:
    for before in Registration.objects.for_organization(registration.organization_id).filter(state=State.ACTIVE):
        before.state, before.ended_at = State.RETIRED, now
        before.save(update_fields=["state", "ended_at"])
    registration.state, registration.activated_at = State.ACTIVE, now
    registration.save(update_fields=["state", "activated_at"])
    events.record(Event.KEY_ACTIVATE, registration, actor=actor, now=now, key_arn=registration.key_arn)


def _registration(organization_id: UUID, target: str) -> Registration:
    return Registration.objects.for_organization(organization_id).get(pk=UUID(target))


def _active(organization_id: UUID) -> Registration | None:
    return Registration.objects.for_organization(organization_id).filter(state=State.ACTIVE).first()
