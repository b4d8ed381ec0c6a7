"""A request is decided by others, on exactly what it says, and carried out once."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.approvals.registry import UnknownOperation
from accounts.approvals.request_hash import RequestAltered, request_hash
from accounts.models import ApprovalRequest, ApprovalState, Choice, Membership, Vote
from accounts.roles import Role
from accounts.services import approvals, people
from audit.models import InboxEvent
from tests.factories import accounts as make
from tests.factories import approvals as dialing

pytestmark = pytest.mark.django_db
LATER = make.NOW + timedelta(minutes=5)
TOO_LATE = make.NOW + timedelta(hours=72)


@pytest.fixture
def dial():
    with dialing.registered() as handler:
        yield handler


@pytest.fixture
def northwind():
    return make.organization()


@pytest.fixture
def kamila(northwind):
    return make.member(northwind, "Kamila", Role.KEY_ADMIN)


@pytest.fixture
def approvers(northwind):
    return [make.member(northwind, name, Role.APPROVER) for name in ("Arjun", "Beth", "Chen")]


@pytest.fixture
def wanted(dial, northwind, kamila):
    return dialing.request(northwind, kamila)


def execute(wanted, now=make.NOW):
    return approvals.execute(request_id=wanted.pk, now=now)


class TestVotes:
    def test_it_is_carried_out_with_the_votes_it_needs_and_not_before(self, dial, wanted, approvers):
        dialing.vote(wanted, approvers[0])
        assert execute(wanted) == ApprovalState.PENDING
        dialing.vote(wanted, approvers[1])
        assert execute(wanted) == ApprovalState.SUCCEEDED
        assert dial.finished == [wanted.pk]

    def test_it_is_carried_out_once_however_often_it_is_tried(self, dial, wanted, approvers):
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        assert {execute(wanted) for _try in range(5)} == {ApprovalState.SUCCEEDED}
        assert len(dial.effects) == len(dial.finished) == 1

    def test_the_requester_has_no_vote_even_as_an_approver(self, dial, northwind, approvers):
        own = dialing.request(northwind, approvers[0])
        with pytest.raises(approvals.NotEligible):
            dialing.vote(own, approvers[0])

    def test_the_database_refuses_the_requesters_vote_as_well(self, wanted, kamila):
        with pytest.raises(IntegrityError, match="nobody votes on their own request"):
            Vote.objects.create(
                request=wanted, person=kamila, choice="approve", request_hash=b"x" * 32, reason="", cast_at=make.NOW
            )

    def test_a_vote_counts_once(self, dial, wanted, approvers):
        dialing.vote(wanted, approvers[0])
        with pytest.raises(approvals.AlreadyVoted):
            dialing.vote(wanted, approvers[0])

    @pytest.mark.parametrize("role", [role for role in Role if role != Role.APPROVER])
    def test_no_other_role_votes(self, wanted, northwind, role):
        with pytest.raises(approvals.NotEligible):
            dialing.vote(wanted, make.member(northwind, "Other", role))

    def test_an_approver_of_another_organization_finds_no_such_request(self, wanted):
        kestrel = make.organization("Kestrel Bank")
        charlie = make.member(kestrel, "Charlie", Role.APPROVER)
        with pytest.raises(ApprovalRequest.DoesNotExist):
            dialing.vote(wanted, charlie, organization=kestrel)
        with pytest.raises(approvals.NotEligible):
            dialing.vote(wanted, charlie)

    def test_one_rejection_closes_it(self, dial, wanted, approvers):
        dialing.vote(wanted, approvers[0])
        dialing.vote(wanted, approvers[1], Choice.REJECT)
        assert execute(wanted) == ApprovalState.REJECTED
        with pytest.raises(approvals.RequestClosed):
            dialing.vote(wanted, approvers[2])
        assert dial.effects == []

    def test_a_vote_on_another_hash_than_the_page_showed_is_refused(self, wanted, approvers):
        with pytest.raises(approvals.StalePage):
            dialing.vote(wanted, approvers[0], seen=b"\0" * 32)

    def test_a_vote_is_never_changed_or_removed(self, wanted, approvers):
        dialing.vote(wanted, approvers[0])
        for change in (lambda: Vote.objects.update(choice="reject"), lambda: Vote.objects.all().delete()):
            with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
                change()


class TestRecount:
    def test_a_role_that_was_taken_away_after_the_vote_does_not_count(self, dial, wanted, approvers):
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        Membership.objects.filter(person=approvers[0]).update(roles=["officer"])
        assert execute(wanted) == ApprovalState.PENDING
        assert dial.effects == []
        dialing.vote(wanted, approvers[2])
        assert execute(wanted) == ApprovalState.SUCCEEDED

    def test_a_person_who_was_deactivated_after_the_vote_does_not_count(self, dial, wanted, approvers):
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        people.deactivate(person_id=approvers[1].pk, actor=make.TESTS, now=make.NOW)
        assert execute(wanted) == ApprovalState.PENDING

    def test_more_votes_needed_now_than_then_are_needed(self, dial, wanted, approvers):
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        dial.votes_needed = 3
        assert execute(wanted) == ApprovalState.PENDING

    def test_fewer_votes_needed_now_than_then_change_nothing(self, dial, wanted, approvers):
        dial.votes_needed = 1
        dialing.vote(wanted, approvers[0])
        assert execute(wanted) == ApprovalState.PENDING

    def test_a_target_that_changed_fails_it(self, dial, wanted, approvers):
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        dial.version = "2"
        assert execute(wanted) == ApprovalState.FAILED
        assert dial.effects == []


class TestExpiry:
    def test_nobody_votes_after_it(self, wanted, approvers):
        with pytest.raises(approvals.RequestClosed):
            dialing.vote(wanted, approvers[0], now=TOO_LATE)

    def test_nothing_is_carried_out_after_it(self, dial, wanted, approvers):
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        assert execute(wanted, TOO_LATE) == ApprovalState.EXPIRED
        assert execute(wanted) == ApprovalState.EXPIRED
        assert dial.effects == []

    def test_the_beat_closes_what_is_overdue(self, wanted):
        assert approvals.expire_overdue(now=TOO_LATE - timedelta(seconds=1)) == 0
        assert approvals.expire_overdue(now=TOO_LATE) == 1
        assert InboxEvent.objects.filter(event="accounts:approval:expire").count() == 1

    def test_what_is_being_carried_out_does_not_expire(self, dial, wanted, approvers):
        dial.die_in_effect = True
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        with pytest.raises(dialing.ProcessDied):
            execute(wanted)
        assert approvals.expire_overdue(now=TOO_LATE) == 0

    def test_it_lasts_72_hours_and_never_more_than_7_days(self, dial, northwind, kamila, settings):
        assert dialing.request(northwind, kamila).expires_at == make.NOW + timedelta(hours=72)
        settings.APPROVAL_EXPIRY_SECONDS = 30 * 86_400
        assert dialing.request(northwind, kamila, target="2").expires_at == make.NOW + timedelta(days=7)


class TestCrash:
    @pytest.fixture
    def crashed(self, dial, wanted, approvers):
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        dial.die_in_effect = True
        with pytest.raises(dialing.ProcessDied):
            execute(wanted)
        dial.die_in_effect = False
        return wanted

    def state(self, wanted):
        return ApprovalRequest.objects.get(pk=wanted.pk).state

    def test_it_stays_executing_and_is_not_started_by_another_try(self, dial, crashed):
        assert execute(crashed) == ApprovalState.EXECUTING
        assert len(dial.effects) == 1

    def test_the_beat_resumes_it_with_a_new_fence_and_finishes_once(self, dial, crashed):
        assert approvals.resume_crashed(now=make.NOW + timedelta(seconds=119)) == 0
        assert approvals.resume_crashed(now=LATER) == 1
        assert approvals.resume_crashed(now=LATER) == 0
        assert dial.effects == [(crashed.pk, 1), (crashed.pk, 2)]
        assert dial.finished == [crashed.pk]
        assert self.state(crashed) == ApprovalState.SUCCEEDED

    def test_who_comes_back_from_the_dead_changes_nothing(self, dial, crashed):
        from accounts.services.approvals import execution

        dead = ApprovalRequest.objects.get(pk=crashed.pk)
        approvals.resume_crashed(now=LATER)
        assert execution.carry_out(dead, LATER) == ApprovalState.SUCCEEDED
        assert dial.finished == [crashed.pk]

    def test_what_was_approved_and_never_claimed_is_taken_up(self, dial, wanted, approvers):
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        approvals.resume_crashed(now=LATER)
        assert self.state(wanted) == ApprovalState.SUCCEEDED

    def test_one_that_no_feature_knows_any_more_waits_and_stops_nothing(self, northwind, kamila, approvers):
        with dialing.registered(votes_needed=1):
            orphan = dialing.request(northwind, kamila, target="orphan")
            dialing.vote(orphan, approvers[0])
        approvals.resume_crashed(now=LATER)
        assert self.state(orphan) == ApprovalState.PENDING

    @pytest.mark.parametrize("where", ["refuse_effect", "refuse_finish"])
    def test_what_cannot_be_done_fails_with_its_reason(self, dial, wanted, approvers, where):
        setattr(dial, where, "the dial is gone")
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        assert execute(wanted) == ApprovalState.FAILED
        assert ApprovalRequest.objects.get(pk=wanted.pk).failure == "the dial is gone"
        assert dial.finished == []


class TestHash:
    def test_every_term_of_the_request_changes_it(self, wanted, settings):
        before, seen = request_hash(wanted), set()
        changes = {
            "operation": "x", "target": "x", "target_version": "9", "params": {"to": 6}, "votes_needed": 1,
            "nonce": b"n" * 32, "reason": "x", "expires_at": TOO_LATE + timedelta(microseconds=1),
            "organization_id": wanted.pk, "requester_id": wanted.pk, "id": wanted.requester_id,
        }  # fmt: skip
        for name, value in changes.items():
            kept = getattr(wanted, name)
            setattr(wanted, name, value)
            seen.add(request_hash(wanted))
            setattr(wanted, name, kept)
        settings.ASCEND_DEPLOYMENT = "another deployment"
        seen.add(request_hash(wanted))
        assert before not in seen
        assert len(seen) == len(changes) + 1

    def test_the_database_refuses_to_change_what_was_hashed(self, wanted):
        with pytest.raises(DatabaseError, match="what was requested is never changed"):
            ApprovalRequest.objects.update(params={"to": 999})

    def test_a_row_changed_past_the_trigger_is_neither_voted_on_nor_carried_out(self, dial, wanted, approvers):
        from django.db import connection

        dialing.vote(wanted, approvers[0])
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE accounts_approvalrequest SET params = '{\"to\": 999}'")
            cursor.execute("SET LOCAL session_replication_role = origin")
        with pytest.raises(RequestAltered):
            dialing.vote(wanted, approvers[1])
        with pytest.raises(RequestAltered):
            execute(wanted)
        approvals.resume_crashed(now=LATER)
        assert dial.effects == []

    def test_a_closed_request_stays_closed_in_the_database(self, dial, wanted, approvers):
        dialing.vote(wanted, approvers[0], Choice.REJECT)
        with pytest.raises(DatabaseError, match="stays closed"):
            ApprovalRequest.objects.update(state="pending")


class TestRequest:
    def test_the_same_change_waits_only_once(self, dial, wanted, northwind, kamila, approvers):
        with pytest.raises(approvals.AlreadyRequested):
            dialing.request(northwind, kamila)
        dialing.vote(wanted, approvers[0], Choice.REJECT)
        dialing.request(northwind, kamila)

    def test_an_overdue_one_makes_room(self, dial, wanted, northwind, kamila):
        dialing.request(northwind, kamila, now=TOO_LATE)
        assert ApprovalRequest.objects.get(pk=wanted.pk).state == ApprovalState.EXPIRED

    def test_an_operation_that_no_feature_knows_is_refused(self, northwind, kamila):
        with pytest.raises(UnknownOperation):
            dialing.request(northwind, kamila)

    def test_each_step_is_in_the_log_with_the_hash(self, dial, wanted, approvers):
        for approver in approvers[:2]:
            dialing.vote(wanted, approver)
        execute(wanted)
        events = InboxEvent.objects.filter(target=str(wanted.pk)).order_by("id")
        assert [event.event.rpartition(":")[2] for event in events] == ["request", "cast_vote", "cast_vote", "execute"]
        assert all(bytes(wanted.request_hash).hex().encode() in bytes(event.body) for event in events)
