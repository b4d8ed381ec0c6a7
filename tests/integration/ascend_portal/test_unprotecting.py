"""A column goes back to plaintext when a second person of every organization concerned has agreed, lately."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import ApprovalRequest, ApprovalState
from accounts.roles import Role
from accounts.services import approvals
from ascend import authority
from ascend.authority import NotAuthorized
from ascend_portal.unprotecting import request_unprotection
from tests.factories import accounts as make
from tests.factories import approvals as voting

pytestmark = pytest.mark.django_db
COLUMN = "shop.customer.ssn"


def agreed(organization, column=COLUMN, now=None):
    now = now or timezone.now()
    asking = make.member(organization, f"Kamila-{organization.slug}", Role.KEY_ADMIN)
    wanted = request_unprotection(
        label=column, organization_id=organization.pk, requester_id=asking.pk, reason="going back", now=now
    )
    voting.vote(wanted, make.member(organization, f"Arjun-{organization.slug}", Role.APPROVER), now=now)
    assert approvals.execute(request_id=wanted.pk, now=now) == ApprovalState.SUCCEEDED
    return wanted


def ask(organization_id=None, column=COLUMN):
    authority.ask("unprotect", organization_id=organization_id, subject=column)


def test_nobody_goes_back_alone():
    northwind = make.organization()
    with pytest.raises(NotAuthorized, match=northwind.name):
        ask(northwind.pk)
    agreed(northwind)
    ask(northwind.pk)
    with pytest.raises(NotAuthorized):
        ask(northwind.pk, column="shop.customer.email")


def test_rows_of_several_organizations_need_them_all():
    northwind, kestrel = make.organization(), make.organization("Kestrel Bank")
    agreed(northwind)
    with pytest.raises(NotAuthorized, match="Kestrel Bank") as refusal:
        ask()
    assert northwind.name not in str(refusal.value)
    agreed(kestrel)
    ask()


def test_a_permission_of_yesterday_is_none():
    northwind = make.organization()
    agreed(northwind, now=timezone.now() - timedelta(hours=25))
    with pytest.raises(NotAuthorized):
        ask(northwind.pk)


def test_other_operations_are_decided_elsewhere():
    authority.ask("destroy", organization_id=None, key_id=make.organization().pk)


def test_the_command_asks_only_for_a_column_that_is_moving(monkeypatch):
    northwind = make.organization()
    kamila = make.member(northwind, "Kamila", Role.KEY_ADMIN)
    options = {"requester": kamila.email.upper(), "organization": northwind.slug, "reason": "going back"}
    with pytest.raises(CommandError, match="no column with an open window"):
        call_command("request_unprotect", COLUMN, **options)
    window = type("Window", (), {"label": COLUMN})
    monkeypatch.setattr("ascend_portal.management.commands.request_unprotect.open_windows", lambda: [window])
    with pytest.raises(CommandError, match="Nobody"):
        call_command("request_unprotect", COLUMN, **{**options, "requester": "mallory@example.org"})
    call_command("request_unprotect", COLUMN, **options)
    assert ApprovalRequest.objects.get().target == COLUMN
    with pytest.raises(CommandError, match="already"):
        call_command("request_unprotect", COLUMN, **options)
