"""Registrations of customers' keys, at the stage that a test needs."""

import itertools
from typing import Any

from django.utils import timezone

from accounts.models import ApprovalRequest, Organization
from accounts.roles import Role
from byok.models import Registration
from tests.factories import accounts as make
from tests.factories import approvals as dialing

_number = itertools.count()


def registration(organization: Organization, **columns: Any) -> Registration:
    """Return a registration with every step done; `columns` say otherwise."""
    person = make.member(organization, f"Kamila {next(_number)}", Role.KEY_ADMIN)
    now = timezone.now()
    done = {"granted_at": now, "verified_at": now, "proved_at": now, "nonce": bytes(32)}
    people = {"organization": organization, "started_by": person, "approval": _approval(organization, person)}
    times = {"started_at": now, "expires_at": now}
    return Registration.objects.create(**{**people, **times, **done, **columns})


def _approval(organization: Organization, person: Any) -> ApprovalRequest:
    """Return a closed request, so that the next one may be made."""
    with dialing.registered():
        wanted = dialing.request(organization, person)
    ApprovalRequest.objects.filter(pk=wanted.pk).update(state="rejected")
    return wanted
