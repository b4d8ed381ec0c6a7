"""Make organizations and people, say what they are, and end their sign-ins."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.utils.text import slugify

from accounts.models import Membership, Organization, Person
from accounts.roles import Role, excluded_pairs
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event


class ExcludedRoles(Exception):
    """One person may not hold these roles together, or holds none."""


def create_organization(
    *, name: str, time_zone: str, actor: Actor, now: datetime, sender_email: str = "", is_sample: bool = False
) -> Organization:
    """Make an organization."""
    organization_id = uuid4()
    with transaction.atomic():
        organization = Organization.objects.create(
            id=organization_id,
            name=name,
            slug=_free_slug(name, organization_id),
            time_zone=time_zone,
            sender_email=sender_email,
            is_sample=is_sample,
            created_at=now,
        )
        audit.record(
            Event.ORGANIZATION_CREATE,
            organization_id=organization.pk,
            actor=actor,
            at=now,
            target=str(organization.pk),
            details={"name": name},
        )
    return organization


def create_person(
    *, email: str, display_name: str, actor: Actor, now: datetime, time_zone: str = "", is_staff: bool = False
) -> Person:
    """Make a person who cannot sign in yet: only a one-time sign-in lets them choose a password."""
    with transaction.atomic():
        person = Person.objects.create(
            email=email,
            display_name=display_name,
            time_zone=time_zone,
            is_staff=is_staff,
            password=make_password(None),
            created_at=now,
        )
        event = Event.OPERATOR_CREATE if is_staff else Event.PERSON_CREATE
        audit.record(event, organization_id=None, actor=actor, at=now, target=str(person.pk))
    return person


def set_roles(
    *, person_id: UUID, organization_id: UUID, roles: Iterable[Role], actor: Actor, now: datetime
) -> Membership:
    """Make a person a member with exactly these roles; open sign-ins end when this changes anything.

    Raises:
        ExcludedRoles: the roles exclude each other, or there are none.
    """
    wanted = frozenset(roles)
    pairs = excluded_pairs(wanted)
    if pairs or not wanted:
        raise ExcludedRoles(", ".join(f"{one} and {other}" for one, other in pairs) or "no role")
    values = sorted(role.value for role in wanted)
    with transaction.atomic():
        membership, created = Membership.objects.select_for_update().get_or_create(
            person_id=person_id, organization_id=organization_id, defaults={"roles": values, "created_at": now}
        )
        before = [] if created else membership.roles
        if before == values:
            return membership
        membership.roles = values
        membership.save(update_fields=["roles"])
        if not created:
            end_sign_ins(person_id=person_id)
        audit.record(
            Event.MEMBERSHIP_CHANGE,
            organization_id=organization_id,
            actor=actor,
            at=now,
            target=str(person_id),
            details={"before": " ".join(before), "after": " ".join(values)},
        )
    return membership


def deactivate(*, person_id: UUID, actor: Actor, now: datetime) -> None:
    """Let a person sign in no more, and end what is open. Their rows stay: the log names them."""
    with transaction.atomic():
        Person.objects.filter(pk=person_id).update(is_active=False)
        end_sign_ins(person_id=person_id)
        audit.record(Event.PERSON_DEACTIVATE, organization_id=None, actor=actor, at=now, target=str(person_id))


def end_sign_ins(*, person_id: UUID) -> None:
    """End every open sign-in of a person, within the caller's transaction."""
    Person.objects.filter(pk=person_id).update(access_epoch=F("access_epoch") + 1)


def _free_slug(name: str, organization_id: UUID) -> str:
    slug = slugify(name)[:50] or organization_id.hex[:12]
    return f"{slug}-{organization_id.hex[:8]}" if Organization.objects.filter(slug=slug).exists() else slug
