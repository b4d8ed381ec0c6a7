"""The two sample organizations that `make run` starts with."""

from datetime import datetime

from django.db import transaction

from accounts.models import Membership, OneTimeSignIn, Organization
from accounts.roles import Role
from accounts.services import one_time, set_up
from accounts.services.set_up import Invitation, Newcomer, OrganizationDraft
from audit.actor import Actor

ACTOR = Actor.system("sample")
TIME_ZONE = "America/New_York"

SAMPLES: dict[OrganizationDraft, tuple[Newcomer, ...]] = {
    OrganizationDraft("Northwind Health", TIME_ZONE, "privacy@northwind.example", is_sample=True): (
        Newcomer("olivia@northwind.example", "Olivia Officer", frozenset({Role.OFFICER})),
        Newcomer("stefan@northwind.example", "Stefan Steward", frozenset({Role.STEWARD})),
        Newcomer("kamila@northwind.example", "Kamila Keyadmin", frozenset({Role.KEY_ADMIN})),
        Newcomer("arjun@northwind.example", "Arjun Approver", frozenset({Role.APPROVER})),
        Newcomer("audra@northwind.example", "Audra Auditor", frozenset({Role.AUDITOR})),
    ),
    OrganizationDraft("Kestrel Bank", "Europe/London", "privacy@kestrel.example", is_sample=True): (
        Newcomer("charlie@kestrel.example", "Charlie Clark", frozenset({Role.OFFICER, Role.STEWARD})),
    ),
}


def make_samples(*, now: datetime) -> dict[str, list[Invitation]]:
    """Make what is missing of the samples; return fresh one-time sign-ins by organization name.

    A second call makes no second organization; it only lets everybody in again.
    """
    with transaction.atomic():
        return {draft.name: _make_or_invite(draft, newcomers, now) for draft, newcomers in SAMPLES.items()}


def _make_or_invite(draft: OrganizationDraft, newcomers: tuple[Newcomer, ...], now: datetime) -> list[Invitation]:
    organization = Organization.objects.filter(name=draft.name, is_sample=True).first()
    if organization is None:
        return set_up.found(
            draft=draft, newcomers=newcomers, purpose=OneTimeSignIn.Purpose.SAMPLE, actor=ACTOR, now=now
        )
    members = Membership.objects.for_organization(organization.pk).select_related("person").order_by("pk")
    return [_invite_again(member, now) for member in members if member.person.is_active]


def _invite_again(member: Membership, now: datetime) -> Invitation:
    token = one_time.issue(person_id=member.person_id, purpose=OneTimeSignIn.Purpose.SAMPLE, actor=ACTOR, now=now)
    roles = frozenset(Role(role) for role in member.roles)
    return Invitation(person=member.person, roles=roles, token=token)
