"""What whoever holds the server's terminal may do: let somebody back in, and make an operator."""

from datetime import datetime

from django.db import transaction

from accounts.models import OneTimeSignIn, Person
from accounts.services import one_time, people, throttle
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event


class UnknownPerson(Exception):
    """Nobody has this e-mail address."""


class AddressTaken(Exception):
    """Somebody has this e-mail address already."""


def make_operator(*, email: str, name: str, actor: Actor, now: datetime) -> str:
    """Make an operator and return a one-time sign-in's token.

    Raises:
        AddressTaken: somebody has this e-mail address.
    """
    if Person.objects.filter(email=email.strip().lower()).exists():
        raise AddressTaken(email)
    with transaction.atomic():
        person = people.create_person(email=email, display_name=name, actor=actor, now=now, is_staff=True)
        return one_time.issue(person_id=person.pk, purpose=OneTimeSignIn.Purpose.OPERATOR, actor=actor, now=now)


def reset_access(*, email: str, actor: Actor, now: datetime) -> str:
    """End a person's sign-ins, clear their lock-outs and return a one-time sign-in's token.

    Raises:
        UnknownPerson: nobody has this e-mail address.
    """
    email = email.strip().lower()
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(email=email).first()
        if person is None:
            raise UnknownPerson(email)
        people.end_sign_ins(person_id=person.pk)
        throttle.forget_all(email=email)
        throttle.forget_all(email=f"confirm:{person.pk}")
        audit.record(
            Event.ACCESS_RESET,
            organization_id=one_time.organization_of(person.pk),
            actor=actor,
            at=now,
            target=str(person.pk),
        )
        return one_time.issue(person_id=person.pk, purpose=OneTimeSignIn.Purpose.RESET, actor=actor, now=now)
