"""Many at once, on a real PostgreSQL: never twice, never with a vote too few."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.models import ApprovalRequest, ApprovalState, Membership
from accounts.roles import Role
from accounts.services import approvals
from tests.factories import accounts as make
from tests.factories import approvals as dialing

pytestmark = pytest.mark.django_db(transaction=True)
VOTERS = 8


@pytest.fixture
def dial():
    with dialing.registered() as handler:
        yield handler


def at_once(*jobs):
    """Run the jobs in threads that start together; return results and exceptions in their order."""
    barrier = threading.Barrier(len(jobs))

    def run(job):
        try:
            barrier.wait(timeout=20)
            return job()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def asked(dial, voters=VOTERS):
    northwind = make.organization()
    kamila = make.member(northwind, "Kamila", Role.KEY_ADMIN)
    approvers = [make.member(northwind, f"Approver{number}", Role.APPROVER) for number in range(voters)]
    return dialing.request(northwind, kamila), approvers


def state_of(wanted):
    return ApprovalRequest.objects.get(pk=wanted.pk).state


class TestConcurrentVoters:
    def test_eight_who_vote_and_execute_at_once_carry_it_out_once(self, dial):
        wanted, approvers = asked(dial)

        def vote_and_execute(approver):
            dialing.vote(wanted, approver)
            return approvals.execute(request_id=wanted.pk, now=make.NOW)

        at_once(*(lambda a=approver: vote_and_execute(a) for approver in approvers))
        assert state_of(wanted) == ApprovalState.SUCCEEDED
        assert len(dial.effects) == len(dial.finished) == 1
        assert wanted.votes.count() >= 2

    def test_one_who_votes_eight_times_at_once_has_one_vote(self, dial):
        wanted, approvers = asked(dial, voters=1)
        results = at_once(*(lambda: dialing.vote(wanted, approvers[0]) for _thread in range(8)))
        assert sum(isinstance(result, approvals.AlreadyVoted) for result in results) == 7
        assert approvals.execute(request_id=wanted.pk, now=make.NOW) == ApprovalState.PENDING

    def test_a_rejection_among_approvals_is_either_too_late_or_final(self, dial):
        from accounts.models import Choice

        wanted, approvers = asked(dial, voters=3)

        def approve(approver):
            dialing.vote(wanted, approver)
            return approvals.execute(request_id=wanted.pk, now=make.NOW)

        at_once(
            lambda: approve(approvers[0]),
            lambda: approve(approvers[1]),
            lambda: dialing.vote(wanted, approvers[2], Choice.REJECT),
        )
        rejected = wanted.votes.filter(choice="reject").exists()
        assert state_of(wanted) == (ApprovalState.REJECTED if rejected else ApprovalState.SUCCEEDED)
        assert len(dial.finished) == (0 if rejected else 1)

    def test_two_beats_that_resume_at_once_finish_once(self, dial):
        wanted, approvers = asked(dial, voters=2)
        for approver in approvers:
            dialing.vote(wanted, approver)
        dial.die_in_effect = True
        with pytest.raises(dialing.ProcessDied):
            approvals.execute(request_id=wanted.pk, now=make.NOW)
        dial.die_in_effect = False
        later = make.NOW + timedelta(minutes=5)
        results = at_once(*(lambda: approvals.resume_crashed(now=later) for _beat in range(4)))
        assert sorted(results) == [0, 0, 0, 1]
        assert dial.finished == [wanted.pk]


class TestRoleTakenAwayInTheMiddle:
    """Two connections in both orders: the claim and the change of the role never overlap."""

    @pytest.fixture
    def voted(self, dial):
        wanted, approvers = asked(dial, voters=2)
        for approver in approvers:
            dialing.vote(wanted, approver)
        return wanted, approvers

    def test_the_change_first_makes_the_claim_wait_and_then_see_it(self, dial, voted):
        wanted, approvers = voted
        changed, claiming = threading.Event(), threading.Event()

        def take_role_away():
            with transaction.atomic():
                Membership.objects.filter(person=approvers[0]).update(roles=["officer"])
                changed.set()
                claiming.wait(timeout=20)
                wait_until_somebody_waits_for_a_lock()

        def claim():
            changed.wait(timeout=20)
            claiming.set()
            return approvals.execute(request_id=wanted.pk, now=make.NOW)

        _nothing, state = at_once(take_role_away, claim)
        assert state == ApprovalState.PENDING
        assert dial.effects == []

    def test_the_claim_first_counts_the_vote(self, dial, voted):
        wanted, approvers = voted
        assert approvals.execute(request_id=wanted.pk, now=make.NOW) == ApprovalState.SUCCEEDED
        Membership.objects.filter(person=approvers[0]).update(roles=["officer"])
        assert dial.finished == [wanted.pk]


def wait_until_somebody_waits_for_a_lock():
    for _look in range(2000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waited")
