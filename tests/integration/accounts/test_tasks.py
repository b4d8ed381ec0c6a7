"""What the beat has done for accounts."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import tasks
from accounts.models import ApprovalRequest, OneTimeSignIn, SignInThrottle
from accounts.roles import Role
from accounts.services import one_time, throttle
from tests.factories import accounts as make
from tests.factories import approvals as dialing

pytestmark = pytest.mark.django_db


class TestApprovals:
    @pytest.fixture
    def wanted(self):
        northwind = make.organization()
        kamila = make.member(northwind, "Kamila", Role.KEY_ADMIN)
        arjun = make.member(northwind, "Arjun", Role.APPROVER)
        with dialing.registered(votes_needed=1) as self.dial:
            wanted = dialing.request(northwind, kamila, now=timezone.now())
            dialing.vote(wanted, arjun, now=timezone.now())
            yield wanted

    def test_an_approved_request_that_nobody_claimed_is_carried_out_in_its_organization(self, wanted):
        tasks.resume_approvals(from_a_newer_sender="ignored")
        assert self.dial.finished == [wanted.pk]

    def test_a_crashed_one_of_ten_minutes_ago_is_resumed(self, wanted):
        ago = timezone.now() - timedelta(minutes=10)
        ApprovalRequest.objects.update(state="executing", fence=1, claimed_at=ago)
        tasks.resume_approvals()
        assert self.dial.effects == [(wanted.pk, 2)]
        assert self.dial.finished == [wanted.pk]

    def test_overdue_requests_are_closed(self):
        northwind = make.organization()
        with dialing.registered():
            dialing.request(northwind, make.member(northwind, "Kamila", Role.KEY_ADMIN))
        tasks.expire_approvals()
        assert ApprovalRequest.objects.get().state == "expired"


class TestTidy:
    def test_what_has_run_out_goes_and_what_has_not_stays(self):
        now, alice = timezone.now(), make.person("Alice")
        for age in (timedelta(days=40), timedelta(0)):
            one_time.issue(person_id=alice.pk, purpose=OneTimeSignIn.Purpose.RESET, actor=make.TESTS, now=now - age)
            throttle.reserve(email=f"{age.days}@people.example", address="192.0.2.1", now=now - age)
            Session.objects.create(
                session_key=str(age.days), session_data="", expire_date=now - age + timedelta(days=1)
            )
        tasks.tidy()
        assert OneTimeSignIn.objects.count() == SignInThrottle.objects.count() == Session.objects.count() == 1
