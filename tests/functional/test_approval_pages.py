"""Kamila asks for a shorter lease, Arjun reads what would change and agrees."""

import re
from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.models import ApprovalRequest, Vote
from accounts.roles import Role
from ascend.keychain import provisioning, selectors
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
SEEN = re.compile(r'name="seen" value="([0-9a-f]{64})"')


@pytest.fixture
def cast(settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path
    northwind = make.organization()
    provisioning.provision(northwind.pk)
    people = {
        name: make.member(northwind, name, role)
        for name, role in [("Kamila", Role.KEY_ADMIN), ("Arjun", Role.APPROVER), ("Olivia", Role.OFFICER)]
    }
    return SimpleNamespace(
        northwind=northwind, **{name.lower(): make.sign_in(Client(), person) for name, person in people.items()}
    )


def ask(client, seconds=10, password=make.PASSWORD):
    return client.post("/keys/lease/", {"seconds": seconds, "reason": "We want to stop sooner.", "password": password})


def decide(client, url, choice="approve", password=make.PASSWORD, seen=None):
    seen = seen or SEEN.search(client.get(url).content.decode())[1]
    return client.post(url, {"choice": choice, "reason": "Agreed.", "password": password, "seen": seen})


def lease_seconds(cast):
    return selectors.keychain(cast.northwind.pk).lease_seconds


class TestLeaseChange:
    def test_it_takes_effect_with_the_other_persons_vote_and_not_before(self, cast):
        url = ask(cast.kamila)["Location"]
        assert lease_seconds(cast) == 30
        shown = cast.arjun.get(url).content.decode()
        for said in ("Kamila", "30 seconds", "10 seconds", "We want to stop sooner."):
            assert said in shown
        assert decide(cast.arjun, url).status_code == 302
        assert lease_seconds(cast) == 10
        assert "Carried out" in cast.kamila.get(url).content.decode()

    def test_a_rejection_with_its_reason_ends_it(self, cast):
        url = ask(cast.kamila)["Location"]
        decide(cast.arjun, url, "reject")
        assert lease_seconds(cast) == 30
        shown = cast.kamila.get(url).content.decode()
        assert "Rejected" in shown
        assert "Agreed." in shown

    @pytest.mark.parametrize("who", ["kamila", "olivia"])
    def test_who_may_not_vote_sees_no_form_and_cannot_vote(self, cast, who):
        url = ask(cast.kamila)["Location"]
        client = getattr(cast, who)
        assert SEEN.search(client.get(url).content.decode()) is None
        seen = bytes(ApprovalRequest.objects.get().request_hash).hex()
        answer = decide(client, url, seen=seen)
        assert answer.status_code == 409
        assert "You may not vote" in answer.content.decode()
        assert not Vote.objects.exists()

    def test_a_vote_needs_the_password_again(self, cast):
        url = ask(cast.kamila)["Location"]
        assert "not your password" in decide(cast.arjun, url, password="x").content.decode()
        assert not Vote.objects.exists()

    def test_guessing_the_password_of_an_open_session_is_stopped(self, cast):
        url = ask(cast.kamila)["Location"]
        for _try in range(10):
            decide(cast.arjun, url, password="x")
        assert "Too many attempts" in decide(cast.arjun, url).content.decode()
        assert not Vote.objects.exists()

    def test_a_vote_on_what_the_page_did_not_show_is_refused(self, cast):
        url = ask(cast.kamila)["Location"]
        assert decide(cast.arjun, url, seen="0" * 64).status_code == 409
        assert not Vote.objects.exists()

    def test_a_request_needs_the_password_again(self, cast):
        assert "not your password" in ask(cast.kamila, password="x").content.decode()
        assert not ApprovalRequest.objects.exists()

    @pytest.mark.parametrize("seconds", ["4", "301", "-1", "abc", "", "30.5"])
    def test_a_length_outside_5_to_300_is_refused(self, cast, seconds):
        assert ask(cast.kamila, seconds).status_code == 200
        assert not ApprovalRequest.objects.exists()

    def test_a_second_request_waits_for_the_first(self, cast):
        ask(cast.kamila)
        assert "is being decided" in ask(cast.kamila, 20).content.decode()

    @pytest.mark.parametrize("who", ["arjun", "olivia"])
    def test_only_a_key_admin_asks(self, cast, who):
        assert ask(getattr(cast, who)).status_code == 403

    def test_a_tenant_key_that_changed_meanwhile_fails_it(self, cast):
        from ascend.keychain import transitions

        url = ask(cast.kamila)["Location"]
        transitions.set_lease_seconds(organization_id=cast.northwind.pk, seconds=60)
        decide(cast.arjun, url)
        assert lease_seconds(cast) == 60
        assert "has changed since" in cast.kamila.get(url).content.decode()

    def test_an_organization_without_an_approver_is_told_so_in_red(self, cast):
        from accounts.models import Membership

        url = ask(cast.kamila)["Location"]
        Membership.objects.filter(roles=["approver"]).update(roles=["auditor"])
        assert "Separation of duties is not met" in cast.kamila.get(url).content.decode()

    def test_the_list_shows_the_approver_what_waits_for_them(self, cast):
        ask(cast.kamila)
        assert "Your vote" in cast.arjun.get("/approvals/").content.decode()
        assert "Your vote" not in cast.kamila.get("/approvals/").content.decode()
