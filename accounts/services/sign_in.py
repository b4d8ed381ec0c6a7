"""Check an e-mail and a password, at one speed and with one answer for everybody."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password

from accounts.models import Membership, Person
from accounts.services import throttle
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Outcome

STRANGER = Actor.system("sign-in")


class SignInRefused(Exception):
    """No such person, a wrong password, or a person who may not sign in: the same to the asker."""


class ConfirmationRefused(Exception):
    """The re-entered password is wrong."""


def authenticate(*, email: str, password: str, address: str, now: datetime) -> Person:
    """Return the person whose e-mail and password these are, and record how it went.

    Raises:
        SignInRefused: they are nobody's, or that person may not sign in.
        TooManyAttempts: this address has tried this e-mail too often.
    """
    email = email.strip().lower()
    organization_id = _organization_of(email)
    person = Person.objects.filter(email=email).first()
    try:
        throttle.reserve(email=email, address=address, now=now)
    except throttle.TooManyAttempts:
        _record_refusal(person, organization_id, now, why="too many attempts")
        raise
    if not _matches(person, password) or person is None or not person.is_active:
        _record_refusal(person, organization_id, now, why="wrong credentials")
        raise SignInRefused
    throttle.forget(email=email, address=address)
    audit.record(Event.SIGN_IN, organization_id=organization_id, actor=Actor.person(person.pk), at=now)
    return person


def record_sign_out(*, person_id: UUID, organization_id: UUID | None, now: datetime) -> None:
    """Record that a person ended their sign-in."""
    audit.record(Event.SIGN_OUT, organization_id=organization_id, actor=Actor.person(person_id), at=now)


def confirm(*, person: Person, password: str, organization_id: UUID, address: str, now: datetime) -> None:
    """Make sure that the person who is signed in is the one at the keyboard.

    Raises:
        ConfirmationRefused: the password is not theirs.
        TooManyAttempts: it was wrong too often.
    """
    key = f"confirm:{person.pk}"
    throttle.reserve(email=key, address=address, now=now)
    if not check_password(password, person.password):
        audit.record(
            Event.CONFIRMATION_REFUSE,
            organization_id=organization_id,
            actor=Actor.person(person.pk),
            at=now,
            outcome=Outcome.DENIED,
        )
        raise ConfirmationRefused
    throttle.forget(email=key, address=address)


def _matches(person: Person | None, password: str) -> bool:
    if person is None:
        # Costs one bcrypt, as the comparison does: the answer's time does not tell who exists.
        make_password(password)
        return False
    return check_password(password, person.password)


def _organization_of(email: str) -> UUID | None:
    """Return the organization whose log tells of this e-mail; asked for unknown ones as well."""
    memberships = Membership.objects.filter(person__email=email).order_by("organization__name", "organization_id")
    return memberships.values_list("organization_id", flat=True).first()


def _record_refusal(person: Person | None, organization_id: UUID | None, now: datetime, *, why: str) -> None:
    # What was typed is not recorded: people type passwords into the wrong field.
    audit.record(
        Event.SIGN_IN_REFUSE,
        organization_id=organization_id,
        actor=STRANGER,
        at=now,
        target=str(person.pk) if person else "",
        outcome=Outcome.DENIED,
        details={"why": why},
    )
