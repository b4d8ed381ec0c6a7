"""A new person opens the address that they were given, once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OneTimeSignIn
from accounts.roles import Role
from accounts.services import one_time, people
from accounts.tokens import hash_token
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
CHOSEN = "four quite unrelated words"


@pytest.fixture
def alice():
    return make.member(make.organization(), "Alice", Role.OFFICER)


@pytest.fixture
def token(alice):
    return issued(alice)


def issued(person, now=None):
    return one_time.issue(
        person_id=person.pk, purpose=OneTimeSignIn.Purpose.RESET, actor=make.TESTS, now=now or timezone.now()
    )


def choose(client, token, password=CHOSEN, repeated=None):
    return client.post(f"/welcome/{token}/", {"password": password, "repeated": repeated or password})


class TestOneTimeSignIn:
    def test_looking_does_not_use_it_up(self, client, token):
        for _look in range(3):
            assert client.get(f"/welcome/{token}/").status_code == 200
        assert choose(client, token).status_code == 302

    def test_choosing_a_password_signs_in(self, client, alice, token):
        assert choose(client, token)["Location"] == "/"
        assert client.get("/settings/profile/").status_code == 200
        alice.refresh_from_db()
        assert alice.check_password(CHOSEN)

    def test_it_works_once(self, client, token):
        choose(client, token)
        assert choose(Client(), token, "another set of words").status_code == 404
        assert Client().get(f"/welcome/{token}/").status_code == 404

    def test_it_ends_by_time(self, client, alice):
        token = issued(alice, now=timezone.now() - timedelta(hours=24, seconds=1))
        assert client.get(f"/welcome/{token}/").status_code == 404
        assert choose(client, token).status_code == 404

    def test_a_newer_one_replaces_it(self, client, alice, token):
        newer = issued(alice)
        assert choose(client, token).status_code == 404
        assert choose(client, newer).status_code == 302

    def test_a_deactivated_person_cannot_use_it(self, client, alice, token):
        people.deactivate(person_id=alice.pk, actor=make.TESTS, now=make.NOW)
        assert choose(client, token).status_code == 404

    def test_it_ends_the_sign_ins_that_were_open(self, client, alice, token):
        make.sign_in(client, alice)
        choose(Client(), token)
        assert client.get("/settings/profile/").status_code == 302

    @pytest.mark.parametrize(
        "password", ["short", "password1234", "alice@people.example", "918273645500", "abababababab"]
    )
    def test_a_weak_password_is_refused_and_the_token_stays(self, client, token, password):
        assert choose(client, token, password).status_code == 200
        assert choose(client, token).status_code == 302

    def test_two_different_passwords_are_refused(self, client, token):
        assert choose(client, token, CHOSEN, "something else here").status_code == 200

    def test_only_the_hash_of_256_random_bits_is_stored(self, alice, token):
        row = OneTimeSignIn.objects.get(person=alice)
        assert bytes(row.token_hash) == hash_token(token)
        assert len(token) == 43
        assert token not in repr(row) + str(row)

    @pytest.mark.parametrize("token", ["x", "%00", "é" * 20, "a" * 43])
    def test_what_is_no_token_gets_the_same_page(self, client, token):
        assert client.get(f"/welcome/{token}/").status_code == 404
