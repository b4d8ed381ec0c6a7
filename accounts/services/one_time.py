"""One-time sign-ins: the way in for a new person, and back in for one who is locked out."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F

from accounts import conf
from accounts.models import Membership, OneTimeSignIn, Person
from accounts.services import throttle
from accounts.tokens import hash_token, new_token
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event


class OneTimeRefused(Exception):
    """The token is unknown, used, replaced or too old: the same to the asker."""


def issue(*, person_id: UUID, purpose: OneTimeSignIn.Purpose, actor: Actor, now: datetime) -> str:
    """Make a one-time sign-in for a person and return its token, which is kept nowhere.

    Earlier ones of the person that nobody used end here.
    """
    token = new_token()
    with transaction.atomic():
        OneTimeSignIn.objects.filter(person_id=person_id, used_at=None, expires_at__gt=now).update(expires_at=now)
        OneTimeSignIn.objects.create(
            person_id=person_id,
            token_hash=hash_token(token),
            purpose=purpose,
            created_at=now,
            expires_at=now + conf.one_time_lifetime(),
        )
        audit.record(
            Event.ONE_TIME_ISSUE,
            organization_id=organization_of(person_id),
            actor=actor,
            at=now,
            target=str(person_id),
            details={"purpose": str(purpose)},
        )
    return token


def address_of(token: str, *, url: str | None = None) -> str:
    """Return the address that a person opens to use the token; `url` is the portal's where it is not PORTAL_URL."""
    return f"{(url or conf.portal_url()).rstrip('/')}/welcome/{token}/"


def look_up(*, token: str, now: datetime) -> OneTimeSignIn:
    """Return the one-time sign-in of a token without using it.

    Raises:
        OneTimeRefused: it cannot be used (any more).
    """
    found = OneTimeSignIn.objects.select_related("person").filter(token_hash=hash_token(token)).first()
    if found is None or not found.is_open(now) or not found.person.is_active:
        raise OneTimeRefused
    return found


def use(*, token: str, password: str, now: datetime) -> Person:
    """Set the password that the person chose and return them, once.

    Every other sign-in of the person ends, and so does every throttle on their e-mail.

    Raises:
        OneTimeRefused: it cannot be used (any more); of two at once, one gets this.
    """
    # Hashing takes a quarter of a second: not while the row is locked.
    encoded = make_password(password)
    with transaction.atomic():
        found = OneTimeSignIn.objects.select_for_update().filter(token_hash=hash_token(token)).first()
        if found is None or not found.is_open(now) or not found.person.is_active:
            raise OneTimeRefused
        found.used_at = now
        found.save(update_fields=["used_at"])
        Person.objects.filter(pk=found.person_id).update(password=encoded, access_epoch=F("access_epoch") + 1)
        throttle.forget_all(email=found.person.email)
        audit.record(
            Event.ONE_TIME_USE,
            organization_id=organization_of(found.person_id),
            actor=Actor.person(found.person_id),
            at=now,
            target=str(found.person_id),
        )
    return Person.objects.get(pk=found.person_id)


def organization_of(person_id: UUID) -> UUID | None:
    """Return the organization whose log tells of the person's way in, None for an operator."""
    memberships = Membership.objects.filter(person_id=person_id).order_by("organization__name", "organization_id")
    return memberships.values_list("organization_id", flat=True).first()
