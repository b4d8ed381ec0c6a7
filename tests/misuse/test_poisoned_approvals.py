"""A request whose handler breaks in a way that nobody expected stops none of those behind it."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from accounts.approvals import registry
from accounts.models import ApprovalRequest, ApprovalState
from accounts.roles import Role
from accounts.services import approvals
from tests.factories import accounts as make
from tests.factories import approvals as dialing

pytestmark = pytest.mark.django_db(transaction=True)
LATER = make.NOW + timedelta(minutes=10)
POISON = "poison"


@dataclass
class Breaking(dialing.Dial):
    """Breaks at one target, where it is told to."""

    breaks_in: str = ""

    def current_version(self, *, organization_id, target):
        if self.breaks_in == "current_version" and target == POISON:
            raise RuntimeError("nobody expected this")
        return super().current_version(organization_id=organization_id, target=target)

    def effect(self, request):
        if self.breaks_in == "effect" and request.target == POISON:
            raise RuntimeError("nobody expected this")
        return super().effect(request)


@pytest.fixture
def dial():
    handler = Breaking(votes_needed=1)
    registry.register(dialing.OPERATION, handler)
    yield handler
    registry.unregister(dialing.OPERATION)


@pytest.fixture
def two_approved(dial):
    northwind = make.organization()
    kamila, arjun = make.member(northwind, "Kamila", Role.KEY_ADMIN), make.member(northwind, "Arjun", Role.APPROVER)
    poison = dialing.request(northwind, kamila, target=POISON)
    behind = dialing.request(northwind, kamila, target="behind", now=make.NOW + timedelta(seconds=1))
    for wanted in (poison, behind):
        dialing.vote(wanted, arjun, now=make.NOW + timedelta(seconds=2))
    return poison, behind


def state(wanted):
    return ApprovalRequest.objects.get(pk=wanted.pk).state


def test_among_those_approved_and_not_claimed(dial, two_approved, caplog):
    poison, behind = two_approved
    dial.breaks_in = "current_version"
    approvals.resume_crashed(now=LATER)
    assert (state(poison), state(behind)) == (ApprovalState.PENDING, ApprovalState.SUCCEEDED)
    assert "cannot be carried out" in caplog.text


def test_among_those_left_behind(dial, two_approved, caplog):
    dial.die_in_effect = True
    for wanted in two_approved:
        with pytest.raises(dialing.ProcessDied):
            approvals.execute(request_id=wanted.pk, now=make.NOW + timedelta(seconds=3))
    dial.die_in_effect, dial.breaks_in = False, "effect"
    assert approvals.resume_crashed(now=LATER) == 1
    poison, behind = two_approved
    assert (state(poison), state(behind)) == (ApprovalState.EXECUTING, ApprovalState.SUCCEEDED)
    assert "cannot be carried out" in caplog.text
