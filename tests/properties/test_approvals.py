"""Whatever people, clocks and crashes do, in any order: an operation is carried out only as it was approved."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from accounts.models import ApprovalRequest, ApprovalState, Choice, Membership, Person
from accounts.roles import Role
from accounts.services import approvals
from tests.counts import times
from tests.factories import accounts as make
from tests.factories import approvals as dialing

APPROVERS = 4
NEEDED = 2
REACHED: Counter[str] = Counter()
SOMEBODY = st.integers(min_value=0, max_value=APPROVERS - 1)


class Approvals(RuleBasedStateMachine):
    """One request, four approvers of whom one asked for it, and everything that can happen to them."""

    @initialize()
    def ask(self):
        # All examples share one database: what an earlier one left must not be taken up by this one's beat.
        ApprovalRequest.objects.filter(state__in=["pending", "executing"]).update(state="rejected")
        self.context = dialing.registered(votes_needed=NEEDED)
        self.dial = self.context.__enter__()
        northwind = make.organization(f"Northwind {ApprovalRequest.objects.count()}")
        number = Person.objects.count()
        self.people = [
            make.member(northwind, f"Approver{number + offset}", Role.APPROVER) for offset in range(APPROVERS)
        ]
        self.now = make.NOW
        self.wanted = dialing.request(northwind, self.people[0])
        self.voted, self.eligible, self.rejected, self.version_changed = set(), set(range(1, APPROVERS)), False, False

    def teardown(self):
        REACHED[self.state()] += 1
        self.context.__exit__(None, None, None)

    def is_open(self):
        return self.state() == ApprovalState.PENDING and self.now < self.wanted.expires_at

    def state(self):
        return ApprovalRequest.objects.values_list("state", flat=True).get(pk=self.wanted.pk)

    @rule(people=st.sets(SOMEBODY, min_size=1))
    def approve(self, people):
        for who in sorted(people):
            self.vote(who, rejects=False)

    @rule(who=SOMEBODY, really=st.integers(0, 1))
    def reject(self, who, really):
        if really == 0:
            self.vote(who, rejects=True)

    def vote(self, who, *, rejects):
        may = self.is_open() and who in self.eligible and who not in self.voted
        choice = Choice.REJECT if rejects else Choice.APPROVE
        try:
            dialing.vote(self.wanted, self.people[who], choice, now=self.now)
        except (approvals.RequestClosed, approvals.NotEligible, approvals.AlreadyVoted):
            assert not may
        else:
            assert may
            self.voted.add(who)
            self.rejected |= rejects

    @rule(who=st.integers(min_value=1, max_value=APPROVERS - 1))
    def take_role_away(self, who):
        Membership.objects.filter(person=self.people[who]).update(roles=["officer"])
        self.eligible.discard(who)

    @rule(who=st.integers(min_value=1, max_value=APPROVERS - 1))
    def give_role_back(self, who):
        Membership.objects.filter(person=self.people[who]).update(roles=["approver"])
        self.eligible.add(who)

    @rule(hours=st.sampled_from([1, 2, 24, 71]))
    def wait(self, hours):
        self.now += timedelta(hours=hours)

    @precondition(lambda self: not self.dial.effects)
    @rule()
    def change_the_target(self):
        self.dial.version += "'"
        self.version_changed = True

    @rule(dies=st.booleans())
    def execute(self, dies):
        may = self.is_open() and not self.rejected and len(self.voted & self.eligible) >= NEEDED
        before = len(self.dial.effects)
        self.dial.die_in_effect = dies
        try:
            approvals.execute(request_id=self.wanted.pk, now=self.now)
        except dialing.ProcessDied:
            assert dies
        self.dial.die_in_effect = False
        assert (len(self.dial.effects) > before) is (may and not self.version_changed)

    @rule()
    def beat(self):
        approvals.expire_overdue(now=self.now)
        self.now += timedelta(minutes=3)
        approvals.resume_crashed(now=self.now)

    @invariant()
    def it_is_finished_at_most_once_and_only_when_it_says_so(self):
        if hasattr(self, "wanted"):
            assert len(self.dial.finished) == (self.state() == ApprovalState.SUCCEEDED)

    @invariant()
    def nothing_happens_after_a_rejection(self):
        if hasattr(self, "wanted") and self.rejected:
            assert self.state() == ApprovalState.REJECTED
            assert not self.dial.effects


@pytest.mark.django_db
def test_no_order_of_events_breaks_an_approval():
    quick = settings(
        max_examples=times(100, 2_000),
        derandomize=True,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run(Approvals, settings=quick)
    ends = {state for state, times in REACHED.items() if times}
    assert ends >= {"succeeded", "rejected", "expired", "failed"}, REACHED
