"""Somebody signs in, stays a while, and signs out."""

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.test import Client

from accounts import session_age
from accounts.models import Membership, Person, SignInThrottle
from accounts.roles import Role
from accounts.services import people
from audit.models import InboxEvent
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
WRONG = "E-mail and password do not match."


@pytest.fixture
def alice():
    return make.member(make.organization(), "Alice", Role.OFFICER)


def attempt(client, email, password=make.PASSWORD, **extra):
    return client.post("/login/", {"email": email, "password": password}, **extra)


def events(name):
    return list(InboxEvent.objects.filter(event=name))


class TestSignIn:
    def test_the_right_password_opens_the_overview(self, client, alice):
        answer = attempt(client, alice.email)
        assert answer.status_code == 302
        assert answer["Location"] == "/"

    def test_the_address_may_be_typed_in_any_case(self, client, alice):
        assert attempt(client, f" {alice.email.upper()} ").status_code == 302

    def test_the_password_is_kept_as_bcrypt_over_sha256(self, alice):
        assert identify_hasher(alice.password).algorithm == "bcrypt_sha256"

    def test_what_follows_the_72nd_byte_of_a_password_counts(self, client, alice):
        alice.set_password("x" * 72 + "yes")
        alice.save()
        assert attempt(client, alice.email, "x" * 72 + "no!").status_code == 200
        assert attempt(client, alice.email, "x" * 72 + "yes").status_code == 302

    def test_success_is_in_the_log_of_the_organization(self, client, alice):
        attempt(client, alice.email)
        (event,) = events("accounts:sign_in:accept")
        assert event.actor_id == str(alice.pk)
        assert event.organization_id == alice.memberships.get().organization_id

    def test_the_session_key_changes_with_the_sign_in(self, client, alice):
        client.get("/login/")
        session = client.session
        session["planted"] = True
        session.save()
        before = session.session_key
        client.cookies["session"] = before
        attempt(client, alice.email)
        assert client.session.session_key != before

    def test_a_path_of_this_portal_is_followed_afterwards(self, client, alice):
        answer = client.post("/login/", {"email": alice.email, "password": make.PASSWORD, "next": "/approvals/"})
        assert answer["Location"] == "/approvals/"

    @pytest.mark.parametrize("foreign", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_a_foreign_address_is_not_followed(self, client, alice, foreign):
        answer = client.post("/login/", {"email": alice.email, "password": make.PASSWORD, "next": foreign})
        assert answer["Location"] == "/"

    def test_an_operator_starts_in_the_stock_admin(self, client):
        make.organization()
        root = make.person("Root", is_staff=True)
        assert attempt(client, root.email)["Location"] == "/admin/"


class TestRefusal:
    def test_unknown_wrong_and_deactivated_get_the_same_answer(self, client, alice):
        bob = make.member(make.organization("Kestrel Bank"), "Bob", Role.AUDITOR)
        people.deactivate(person_id=bob.pk, actor=make.TESTS, now=make.NOW)
        tries = [("nobody@people.example", "x"), (alice.email, "x"), (bob.email, make.PASSWORD)]
        answers = {
            (answer.status_code, WRONG in answer.content.decode(), len(answer.content) - len(email))
            for email, password in tries
            for answer in [attempt(client, email, password)]
        }
        assert len({answer[:2] for answer in answers}) == 1
        assert answers.pop()[:2] == (200, True)

    def test_an_unknown_address_costs_one_hash_as_a_known_one_does(self, client, alice, monkeypatch):
        from django.contrib.auth.hashers import BCryptSHA256PasswordHasher as Hasher

        work = []
        for name in ("encode", "verify"):
            real = getattr(Hasher, name)
            monkeypatch.setattr(Hasher, name, lambda *a, _r=real, _n=name, **k: work.append(_n) or _r(*a, **k))
        attempt(client, alice.email, "wrong")
        known = len([w for w in work if w == "encode"])
        work.clear()
        attempt(client, "nobody@people.example", "wrong")
        assert len([w for w in work if w == "encode"]) == known == 1

    def test_failure_is_recorded_without_what_was_typed(self, client, alice):
        attempt(client, alice.email, "hunter2-typed")
        attempt(client, "my-secret-as-address@people.example", "hunter2-typed")
        known, unknown = events("accounts:sign_in:refuse")
        assert (known.target, known.outcome, unknown.target) == (str(alice.pk), "denied", "")
        assert unknown.organization_id is None
        for event in (known, unknown):
            assert b"hunter2" not in bytes(event.body)
            assert b"my-secret" not in bytes(event.body)

    def test_a_stranger_stops_only_themselves(self, client, alice):
        for _try in range(10):
            assert attempt(client, alice.email, "x", REMOTE_ADDR="192.0.2.66").status_code == 200
        refused = attempt(client, alice.email, REMOTE_ADDR="192.0.2.66")
        assert refused.status_code == 429
        assert int(refused["Retry-After"]) > 0
        assert attempt(Client(), alice.email, REMOTE_ADDR="192.0.2.1").status_code == 302

    def test_an_unknown_address_is_throttled_like_a_known_one(self, client, alice):
        for _try in range(10):
            attempt(client, "nobody@people.example", "x")
        assert attempt(client, "nobody@people.example", "x").status_code == 429

    def test_success_forgets_the_failures(self, client, alice):
        for _try in range(9):
            attempt(client, alice.email, "x")
        attempt(client, alice.email)
        assert not SignInThrottle.objects.exists()

    def test_what_was_typed_is_not_in_the_throttle_table(self, client, alice):
        attempt(client, "typed-secret@people.example", "x")
        row = SignInThrottle.objects.get()
        assert b"typed-secret" not in bytes(row.pair_hash) + bytes(row.email_hash)

    def test_no_other_door_checks_passwords(self, alice):
        from django.contrib.auth import authenticate

        assert authenticate(username=alice.email, password=make.PASSWORD) is None


class TestSessionAge:
    def moved(self, client, **seconds):
        session = client.session
        for name, by in seconds.items():
            session[name] -= by
        session.save()

    def test_fifteen_idle_minutes_end_it(self, client, alice):
        make.sign_in(client, alice)
        self.moved(client, last_seen_at=899)
        assert client.get("/settings/profile/").status_code == 200
        self.moved(client, last_seen_at=900)
        answer = client.get("/settings/profile/")
        assert answer.status_code == 302
        assert "signed out because" in client.get(answer["Location"]).content.decode()

    def test_twelve_hours_end_it_whatever_happens(self, client, alice):
        make.sign_in(client, alice)
        self.moved(client, signed_in_at=12 * 3600)
        assert client.get("/settings/profile/").status_code == 302

    @pytest.mark.parametrize(
        ("url", "headers"), [("/settings/profile/?poll=1", {}), ("/settings/profile/", {"X-Ascend-Poll": "1"})]
    )
    def test_a_page_that_polls_does_not_extend_it(self, client, alice, url, headers):
        make.sign_in(client, alice)
        self.moved(client, last_seen_at=600)
        before = client.session[session_age.LAST_SEEN_AT]
        assert client.get(url, headers=headers).status_code == 200
        assert client.session[session_age.LAST_SEEN_AT] == before

    def test_a_click_extends_it(self, client, alice):
        make.sign_in(client, alice)
        self.moved(client, last_seen_at=600)
        before = client.session[session_age.LAST_SEEN_AT]
        client.get("/settings/profile/")
        assert client.session[session_age.LAST_SEEN_AT] >= before + 600

    def test_a_session_that_was_not_begun_here_is_over(self, client, alice):
        client.force_login(alice)
        assert client.get("/settings/profile/").status_code == 302


class TestLiveAccess:
    def test_a_role_that_is_taken_away_is_gone_with_the_next_request(self, client, alice):
        make.sign_in(client, alice)
        assert client.get("/audit/").status_code == 200
        Membership.objects.filter(person=alice).update(roles=["steward"])
        assert client.get("/audit/").status_code == 403

    def test_a_change_of_roles_by_the_service_ends_open_sign_ins(self, client, alice):
        make.sign_in(client, alice)
        organization_id = alice.memberships.get().organization_id
        people.set_roles(
            person_id=alice.pk, organization_id=organization_id, roles=[Role.STEWARD], actor=make.TESTS, now=make.NOW
        )
        assert client.get("/settings/profile/").status_code == 302

    def test_a_deactivated_person_is_out_with_the_next_request(self, client, alice):
        make.sign_in(client, alice)
        Person.objects.filter(pk=alice.pk).update(is_active=False)
        assert client.get("/settings/profile/").status_code == 302

    def test_a_person_without_an_organization_sees_no_page_of_one(self, client, alice):
        make.sign_in(client, alice)
        Membership.objects.filter(person=alice).delete()
        assert client.get("/settings/profile/").status_code == 403


class TestSignOut:
    def test_the_browser_is_told_to_forget_everything(self, client, alice):
        make.sign_in(client, alice)
        answer = client.post("/logout/")
        assert answer["Clear-Site-Data"] == '"cache", "cookies"'
        assert client.get("/settings/profile/").status_code == 302
        assert len(events("accounts:sign_in:end")) == 1

    def test_a_link_does_not_sign_out(self, client, alice):
        make.sign_in(client, alice)
        assert client.get("/logout/").status_code == 405

    def test_pages_behind_the_sign_in_are_never_stored(self, client, alice):
        make.sign_in(client, alice)
        for url in ("/settings/profile/", "/approvals/", "/audit/"):
            assert client.get(url)["Cache-Control"] == "no-store"
        assert Client().get("/login/")["Cache-Control"] == "no-store"

    def test_a_forged_request_is_refused(self, alice):
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/login/", {"email": alice.email, "password": make.PASSWORD}).status_code == 403
