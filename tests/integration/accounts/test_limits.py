"""What a person may do in an hour is counted in the database, whoever counts at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts import limits
from accounts.roles import Role
from audit.models import InboxEvent
from tests.factories import accounts as make


@pytest.fixture(autouse=True)
def _three(settings):
    settings.REVEALS_PER_HOUR = 3


def alice():
    northwind = make.organization()
    return make.member(northwind, "Alice", Role.OFFICER), northwind


def spend(person, organization, now=make.NOW, kind="reveal"):
    limits.spend(person.pk, kind, organization_id=organization.pk, now=now)


@pytest.mark.django_db
class TestSpend:
    def test_the_one_after_the_last_is_refused_with_the_time_to_wait(self):
        who, where = alice()
        for minute in range(3):
            spend(who, where, make.NOW + timedelta(minutes=minute))
        with pytest.raises(limits.LimitReached) as refusal:
            spend(who, where, make.NOW + timedelta(minutes=30))
        assert refusal.value.retry_after == 30 * 60 + 1

    def test_the_hour_rolls(self):
        who, where = alice()
        for minute in (0, 10, 20):
            spend(who, where, make.NOW + timedelta(minutes=minute))
        spend(who, where, make.NOW + timedelta(minutes=60))
        with pytest.raises(limits.LimitReached):
            spend(who, where, make.NOW + timedelta(minutes=61))

    def test_kinds_and_people_are_counted_apart(self):
        who, where = alice()
        bob = make.member(where, "Bob", Role.OFFICER)
        for _use in range(3):
            spend(who, where)
        spend(bob, where)
        spend(who, where, kind="search")

    def test_a_refusal_is_in_the_log(self):
        who, where = alice()
        for _use in range(3):
            spend(who, where)
        with pytest.raises(limits.LimitReached):
            spend(who, where)
        event = InboxEvent.objects.get(event="accounts:limit:reach")
        assert (event.outcome, event.actor_id, event.organization_id) == ("denied", str(who.pk), where.pk)

    def test_it_refuses_to_run_inside_a_transaction_that_could_take_it_back(self):
        who, where = alice()
        with transaction.atomic(), pytest.raises(RuntimeError):
            spend(who, where)

    def test_none_an_hour_means_none(self, settings):
        settings.REVEALS_PER_HOUR = 0
        with pytest.raises(limits.LimitReached):
            spend(*alice())


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_spend_exactly_three():
    who, where = alice()
    barrier = threading.Barrier(8)

    def run(_number):
        try:
            barrier.wait(timeout=20)
            spend(who, where)
        except limits.LimitReached:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(run, range(8))) == 3
