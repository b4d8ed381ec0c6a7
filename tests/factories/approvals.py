"""An operation that needs approval, for tests: it turns a dial, and counts how often it was turned."""

from contextlib import contextmanager
from dataclasses import dataclass, field

from accounts.approvals import registry
from accounts.approvals.registry import Description, Difference, EffectFailed
from accounts.models import Choice
from accounts.roles import Role
from accounts.services import approvals
from accounts.services.approvals.voting import Ballot
from tests.factories import accounts as make

OPERATION = "tests:dial:turn"


class ProcessDied(BaseException):
    """Stands for a kill -9 between two steps: no `except Exception` sees it."""


@dataclass
class Dial:
    """A handler whose effect and finish are counted."""

    votes_needed: int = 2
    eligible_role: Role = Role.APPROVER
    version: str = "1"
    effects: list = field(default_factory=list)
    finished: list = field(default_factory=list)
    refuse_effect: str = ""
    refuse_finish: str = ""
    die_in_effect: bool = False

    def current_version(self, *, organization_id, target):
        return self.version

    def describe(self, request):
        return Description("Turn the dial", "It turns.", (Difference("Dial", "1", str(request.params["to"])),))

    def effect(self, request):
        self.effects.append((request.pk, request.fence))
        if self.die_in_effect:
            raise ProcessDied
        if self.refuse_effect:
            raise EffectFailed(self.refuse_effect)
        return {"turned": 1}

    def finish(self, request, effect, *, actor, now):
        if self.refuse_finish:
            raise EffectFailed(self.refuse_finish)
        self.finished.append(request.pk)


@contextmanager
def registered(**options):
    dial = Dial(**options)
    registry.register(OPERATION, dial)
    try:
        yield dial
    finally:
        registry.unregister(OPERATION)


def request(organization, requester, *, target="dial-1", to=5, now=make.NOW):
    return approvals.request(
        operation=OPERATION,
        target=target,
        params={"to": to},
        requester_id=requester.pk,
        organization_id=organization.pk,
        reason="because",
        now=now,
    )


def vote(wanted, voter, choice=Choice.APPROVE, *, now=make.NOW, seen=None, organization=None):
    return approvals.vote(
        request_id=wanted.pk,
        organization_id=organization.pk if organization else wanted.organization_id,
        voter_id=voter.pk,
        ballot=Ballot(choice, "fine", seen or bytes(wanted.request_hash)),
        now=now,
    )
