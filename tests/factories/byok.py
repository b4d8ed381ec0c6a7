"""Registrations of customers' keys, at the stage that a test needs."""

import itertools
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from accounts.models import ApprovalRequest, Organization, Person
from accounts.roles import Role
from ascend.providers import importing
from byok.checks.ladder import LADDER
from byok.models import Acknowledgement, Ceremony, Check, Finding, Registration
from byok.services import waiving
from byok.waivers import STATEMENTS, waiver
from tests.factories import accounts as make
from tests.factories import approvals as dialing

_number = itertools.count()
KEY = "arn:aws:kms:eu-central-1:123456789012:key/8f2c0a4e-77b1-4c0e-9a61-2f6d0c1e0b7a"


def acknowledge_waiver(organization: Organization, person: Person) -> Acknowledgement:
    """Sign the current waiver."""
    return waiving.acknowledge(
        organization_id=organization.pk,
        person_id=person.pk,
        sha256=waiver().sha256,
        statements=STATEMENTS,
        typed_name=person.display_name,
        now=timezone.now(),
    )


def registration(organization: Organization, **columns: Any) -> Registration:
    """Return a registration with every step done; `columns` say otherwise."""
    person = make.member(organization, f"Kamila {next(_number)}", Role.KEY_ADMIN)
    now = timezone.now()
    done = {"granted_at": now, "verified_at": now, "proved_at": now, "nonce": bytes(32)}
    people = {"organization": organization, "started_by": person}
    if "approval" not in columns:
        people["approval"] = _approval(organization, person)
    times = {"started_at": now, "expires_at": now}
    return Registration.objects.create(**{**people, **times, **done, **columns})


def _approval(organization: Organization, person: Any) -> ApprovalRequest:
    """Return a closed request, so that the next one may be made."""
    with dialing.registered():
        wanted = dialing.request(organization, person)
    ApprovalRequest.objects.filter(pk=wanted.pk).update(state="rejected")
    return wanted


def checked(registration: Registration, *, failing: str = "") -> None:
    """Give it a finished run of the ladder, in which `failing` has failed."""
    registration.checks_run, registration.checks_started_at = 1, timezone.now()
    registration.checks_ended_at = timezone.now()
    registration.save()
    for position, rung in enumerate(LADDER):
        good = rung.slug != failing
        Check.objects.create(
            registration=registration, run=1, position=position, slug=rung.slug, milliseconds=7 + position,
            finding=Finding.PASSED if good else Finding.FAILED,
            cause="As it must be." if good else "The key's policy allows kms:Encrypt for another organization.",
            fix="" if good else "Apply the policy of step 2 again with its conditions.",
        )  # fmt: skip


def ceremony(organization: Organization, **columns: Any) -> Ceremony:
    """Return an import that waits for its file; `columns` say otherwise."""
    person = make.member(organization, f"Kamila {next(_number)}", Role.KEY_ADMIN)
    now = timezone.now()
    public_key = rsa.generate_private_key(65537, 2048).public_key()
    octets = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    made = {"public_key": octets, "import_token": b"", "wrapping": importing.Wrapping.RSA_AES}
    made["check_kind"] = importing.Check.CMAC
    times = {"started_at": now, "expires_at": now + timedelta(hours=24)}
    names = {
        "organization": organization,
        "started_by": person,
        "provider_uri": f"pkcs11:token=t;object={next(_number)}",
    }
    return Ceremony.objects.create(**{**names, **made, **times, **columns})
