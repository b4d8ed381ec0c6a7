"""The first set-up: one organization and its first people, by whoever can read the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest

from django.db import transaction

from accounts.models import OneTimeSignIn, Organization, Person, SetUpToken
from accounts.roles import Role
from accounts.services import one_time, people
from accounts.tokens import hash_token, new_token
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Outcome


class AlreadySetUp(Exception):
    """An organization exists: there is nothing to set up."""


class SetUpRefused(Exception):
    """The token is wrong or used."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person to make."""

    email: str
    display_name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person who was made, and the token that lets them in once."""

    person: Person
    roles: frozenset[Role]
    token: str = field(repr=False)

    def address(self, url: str | None = None) -> str:
        """Return the one-time sign-in's address; `url` is the portal's where it is not PORTAL_URL."""
        return one_time.address_of(self.token, url=url)


@dataclass(frozen=True, slots=True)
class OrganizationDraft:
    """The organization to make."""

    name: str
    time_zone: str
    sender_email: str = ""
    is_sample: bool = False


def is_needed() -> bool:
    """Return whether no organization exists yet."""
    return not Organization.objects.exists()


def make_token(*, now: datetime) -> str:
    """Return a new set-up token; an earlier one no longer works.

    Raises:
        AlreadySetUp: an organization exists.
    """
    if not is_needed():
        raise AlreadySetUp
    token = new_token()
    fresh = {"token_hash": hash_token(token), "created_at": now, "used_at": None}
    SetUpToken.objects.update_or_create(pk=SetUpToken.SINGLE, defaults=fresh)
    return token


def set_up(*, token: str, draft: OrganizationDraft, newcomers: Sequence[Newcomer], now: datetime) -> list[Invitation]:
    """Make the organization and its first people, and return their one-time sign-ins.

    Raises:
        SetUpRefused: the token is wrong or used.
        AlreadySetUp: an organization exists.
        ExcludedRoles: a newcomer has roles that exclude each other.
    """
    purpose = OneTimeSignIn.Purpose.SET_UP
    try:
        with transaction.atomic():
            _use_token(token, now)
            if not is_needed():
                raise AlreadySetUp
            return found(draft=draft, newcomers=newcomers, purpose=purpose, actor=Actor.setup(), now=now)
    except SetUpRefused:
        # After the transaction above, which is rolled back with the refusal.
        audit.record(Event.SET_UP_REFUSE, organization_id=None, actor=Actor.setup(), at=now, outcome=Outcome.DENIED)
        raise


def found(
    *,
    draft: OrganizationDraft,
    newcomers: Sequence[Newcomer],
    purpose: OneTimeSignIn.Purpose,
    actor: Actor,
    now: datetime,
) -> list[Invitation]:
    """Make an organization with its people and return their one-time sign-ins."""
    organization = people.create_organization(
        name=draft.name,
        time_zone=draft.time_zone,
        sender_email=draft.sender_email,
        is_sample=draft.is_sample,
        actor=actor,
        now=now,
    )
    return [_invite(organization, newcomer, purpose=purpose, actor=actor, now=now) for newcomer in newcomers]


def _invite(
    organization: Organization, newcomer: Newcomer, *, purpose: OneTimeSignIn.Purpose, actor: Actor, now: datetime
) -> Invitation:
    person = people.create_person(email=newcomer.email, display_name=newcomer.display_name, actor=actor, now=now)
    people.set_roles(person_id=person.pk, organization_id=organization.pk, roles=newcomer.roles, actor=actor, now=now)
    token = one_time.issue(person_id=person.pk, purpose=purpose, actor=actor, now=now)
    return Invitation(person=person, roles=newcomer.roles, token=token)


def _use_token(token: str, now: datetime) -> None:
    row = SetUpToken.objects.select_for_update().filter(pk=SetUpToken.SINGLE, used_at=None).first()
    if row is None or not compare_digest(bytes(row.token_hash), hash_token(token)):
        raise SetUpRefused
    row.used_at = now
    row.save(update_fields=["used_at"])
