"""Draft, describe and give up the registration of a customer's key. Each step is in the log."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import ApprovalState
from audit.actor import Actor
from audit.catalogue import Event
from byok import conf
from byok.models import Registration, State
from byok.models.registrations import NONCE_BYTES, Access
from byok.services import events

UNDONE = (ApprovalState.REJECTED, ApprovalState.FAILED, ApprovalState.EXPIRED)
_SWEEPER = Actor.system("sweeper")


class WrongStep(Exception):
    """The registration is not where this decision belongs: somebody else was faster, or it has ended."""


class KeyTaken(Exception):
    """The key is in use already, or waits for approval, for this or another organization."""


@dataclass(frozen=True, slots=True)
class Details:
    """Which key it is and how the portal reaches it. `role_arn` is empty in key-policy mode."""

    key_arn: str
    alias: str
    access: Access = Access.KEY_POLICY
    role_arn: str = ""


def start(*, organization_id: UUID, person_id: UUID, now: datetime) -> Registration:
    """Open a draft, which expires after `BYOK_DRAFT_DAYS`."""
    registration = Registration(
        organization_id=organization_id,
        started_by_id=person_id,
        started_at=now,
        expires_at=now + conf.draft_lifetime(),
        nonce=secrets.token_bytes(NONCE_BYTES),
    )
    with transaction.atomic():
        registration.save(force_insert=True)
        events.record(Event.REGISTRATION_START, registration, actor=Actor.person(person_id), now=now)
    return registration


def describe(
    *, registration_id: UUID, organization_id: UUID, person_id: UUID, details: Details, now: datetime
) -> Registration:
    """Say which key it is. Another key than before sets the later steps back and gets a new nonce.

    Raises:
        WrongStep: the registration is no draft.
        KeyTaken: the key is registered already.
    """
    with transaction.atomic():
        registration = locked_draft(registration_id, organization_id)
        if Registration.objects.held(details.key_arn).exists():
            raise KeyTaken
        if _reaches_another_key(registration, details):
            _set_back(registration)
        registration.key_arn, registration.alias = details.key_arn, details.alias
        registration.access, registration.role_arn = details.access, details.role_arn
        registration.save()
        events.record(
            Event.REGISTRATION_DESCRIBE, registration, actor=Actor.person(person_id), now=now, key_arn=details.key_arn
        )
    return registration


def confirm_grant(*, registration_id: UUID, organization_id: UUID, person_id: UUID, now: datetime) -> Registration:
    """Note that the key admin says to have granted access. The checks will tell whether it is so.

    Raises:
        WrongStep: the registration is no draft, or names no key yet.
    """
    with transaction.atomic():
        registration = locked_draft(registration_id, organization_id)
        if not registration.key_arn:
            raise WrongStep
        registration.granted_at = registration.granted_at or now
        registration.save(update_fields=["granted_at"])
        events.record(Event.REGISTRATION_GRANT, registration, actor=Actor.person(person_id), now=now)
    return registration


def cancel(*, registration_id: UUID, organization_id: UUID, person_id: UUID, now: datetime) -> Registration:
    """Give a draft up. What was applied in the customer's account stays there.

    Raises:
        WrongStep: it is no draft any more.
    """
    with transaction.atomic():
        registration = locked_draft(registration_id, organization_id)
        _end(registration, State.CANCELLED, Event.REGISTRATION_CANCEL, Actor.person(person_id), now)
    return registration


def expire_overdue(*, now: datetime) -> int:
    """End the drafts whose time is over, and return how many there were. Beat orders it."""
    overdue = list(Registration.objects.overdue(now).values_list("pk", flat=True))
    for registration_id in overdue:
        with transaction.atomic():
            found = Registration.objects.select_for_update().overdue(now).filter(pk=registration_id).first()
            if found is not None:
                _end(found, State.EXPIRED, Event.REGISTRATION_EXPIRE, _SWEEPER, now)
    return len(overdue)


def locked_draft(registration_id: UUID, organization_id: UUID) -> Registration:
    """Return a draft of the organization, locked until the transaction ends.

    Raises:
        Registration.DoesNotExist: the organization has none of this id.
        WrongStep: it is no draft.
    """
    registrations = Registration.objects.select_for_update().for_organization(organization_id)
    registration = registrations.get(pk=registration_id)
    reopen_if_undecided(registration)
    if registration.state != State.DRAFT:
        raise WrongStep
    return registration


def reopen_if_undecided(registration: Registration) -> None:
    """Make a draft again of a locked registration whose activation was rejected, failed or expired."""
    approval = registration.approval
    if registration.state == State.REQUESTED and approval is not None and approval.state in UNDONE:
        registration.state, registration.approval = State.DRAFT, None
        registration.save(update_fields=["state", "approval"])


def reopen_undecided() -> int:
    """Make drafts again of all such registrations and return how many there were. Beat orders it."""
    waiting = Registration.objects.filter(state=State.REQUESTED, approval__state__in=UNDONE)
    found = list(waiting.values_list("pk", flat=True))
    for registration_id in found:
        with transaction.atomic():
            reopen_if_undecided(Registration.objects.select_for_update().get(pk=registration_id))
    return len(found)


def _reaches_another_key(registration: Registration, details: Details) -> bool:
    before = (registration.key_arn, registration.access, registration.role_arn)
    return before != (details.key_arn, details.access, details.role_arn)


def _set_back(registration: Registration) -> None:
    """Forget what was done for another key; a proof of control is for one key and one nonce."""
    registration.details_version += 1
    registration.nonce = secrets.token_bytes(NONCE_BYTES)
    registration.granted_at = registration.verified_at = registration.proved_at = None
    registration.checks_started_at = registration.checks_ended_at = None


def _end(registration: Registration, state: State, event: Event, actor: Actor, now: datetime) -> None:
    registration.state, registration.ended_at = state, now
    registration.save(update_fields=["state", "ended_at"])
    events.record(event, registration, actor=actor, now=now)
