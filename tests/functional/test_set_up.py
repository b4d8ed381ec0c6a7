"""Somebody starts the portal for the first time, or is locked out of it."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from accounts.models import Membership, Organization, Person, SetUpToken
from accounts.roles import Role
from audit.models import InboxEvent
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
LINK = re.compile(r"http://[^\s\"<]+/welcome/[\w-]{43}/")


def run(*command, **options):
    out = StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


def filled(token, *people):
    data = {
        "token": token, "name": "Helvetia Care", "time_zone": "Europe/Zurich",
        "sender_email": "portal@helvetia.example",
        "people-TOTAL_FORMS": "5", "people-INITIAL_FORMS": "0",
    }  # fmt: skip
    for number, (name, email, roles) in enumerate(people):
        data |= {
            f"people-{number}-display_name": name,
            f"people-{number}-email": email,
            f"people-{number}-roles": roles,
        }
    return data


OLIVIA = ("Olivia", "Olivia@Helvetia.example", ["officer"])
KAMILA = ("Kamila", "kamila@helvetia.example", ["key_admin", "approver"])


class TestSetUp:
    @pytest.fixture
    def token(self):
        return run("setup_token").split()[-1]

    def test_the_sign_in_page_leads_to_it_while_nobody_exists(self, client):
        assert client.get("/login/")["Location"] == "/setup/"

    def test_it_makes_the_organization_its_people_and_their_sign_ins(self, client, token):
        page = client.post("/setup/", filled(token, OLIVIA, KAMILA))
        links = LINK.findall(page.content.decode())
        assert page.status_code == 200
        assert page["Cache-Control"] == "no-store"
        assert len(set(links)) == 2
        organization = Organization.objects.get()
        assert (organization.time_zone, organization.sender_email) == ("Europe/Zurich", "portal@helvetia.example")
        assert Person.objects.get(email="olivia@helvetia.example").memberships.get().roles == ["officer"]
        path = links[0].partition("8000")[2]
        assert Client().get(path).status_code == 200

    def test_the_token_works_once_and_the_page_is_gone_afterwards(self, client, token):
        client.post("/setup/", filled(token, OLIVIA))
        assert client.get("/setup/").status_code == 404
        assert client.post("/setup/", filled(token, KAMILA)).status_code == 404
        assert SetUpToken.objects.get().used_at is not None

    def test_a_newer_token_replaces_it(self, client, token):
        newer = run("setup_token").split()[-1]
        assert LINK.search(client.post("/setup/", filled(token, OLIVIA)).content.decode()) is None
        assert LINK.search(client.post("/setup/", filled(newer, OLIVIA)).content.decode())

    @pytest.mark.parametrize("wrong", ["", "x", "é", "a" * 43])
    def test_a_wrong_token_makes_nothing(self, client, token, wrong):
        assert client.post("/setup/", filled(wrong, OLIVIA)).status_code == 200
        assert not Organization.objects.exists()

    def test_guessing_is_throttled(self, client, token):
        for _try in range(10):
            client.post("/setup/", filled("x", OLIVIA))
        assert client.post("/setup/", filled(token, OLIVIA)).status_code == 429

    @pytest.mark.parametrize(
        "people",
        [
            (),
            (OLIVIA, OLIVIA),
            (("Olivia", "olivia@helvetia.example", ["officer", "key_admin"]),),
            (("Olivia", "olivia@helvetia.example", []),),
            (("Olivia", "no address", ["officer"]),),
        ],
        ids=["nobody", "twice", "excluded", "no role", "no address"],
    )
    def test_people_who_cannot_be_make_nothing(self, client, token, people):
        page = client.post("/setup/", filled(token, *people))
        assert page.status_code == 200
        assert "alert-danger" in page.content.decode()
        assert not Organization.objects.exists()

    def test_the_command_says_when_there_is_nothing_to_set_up(self):
        make.organization()
        assert "The portal is set up" in run("setup_token")
        assert not SetUpToken.objects.exists()


class TestSample:
    def test_it_makes_both_organizations_and_prints_a_sign_in_for_each_person(self):
        printed = run("sample")
        assert len(set(LINK.findall(printed))) == 6
        assert set(Organization.objects.values_list("name", "is_sample")) == {
            ("Northwind Health", True), ("Kestrel Bank", True),
        }  # fmt: skip
        roles = Membership.objects.filter(organization__name="Northwind Health").values_list("roles", flat=True)
        assert sorted(role for (role,) in roles) == ["approver", "auditor", "key_admin", "officer", "steward"]

    def test_a_second_run_makes_nothing_and_lets_everybody_in_again(self):
        first, second = LINK.findall(run("sample")), LINK.findall(run("sample"))
        assert (Organization.objects.count(), Person.objects.count()) == (2, 6)
        assert not set(first) & set(second)
        client = Client()
        assert client.get(first[0].partition("8000")[2]).status_code == 404
        assert client.get(second[0].partition("8000")[2]).status_code == 200

    @override_settings(PORTAL_URL="http://127.0.0.1:9999/")
    def test_the_address_comes_from_the_settings_or_the_option(self):
        assert "http://127.0.0.1:9999/welcome/" in run("sample")
        assert "http://here:1/welcome/" in run("sample", url="http://here:1")


class TestResetAccess:
    def test_it_ends_sign_ins_clears_the_lock_out_and_prints_a_way_in(self, client):
        alice = make.member(make.organization(), "Alice", Role.OFFICER)
        make.sign_in(client, alice)
        stranger = Client()
        for _try in range(11):
            locked = stranger.post("/login/", {"email": alice.email, "password": "x"})
        assert locked.status_code == 429
        printed = run("reset_access", alice.email.upper())
        assert client.get("/settings/profile/").status_code == 302
        assert stranger.post("/login/", {"email": alice.email, "password": make.PASSWORD}).status_code == 302
        assert LINK.search(printed)
        assert InboxEvent.objects.filter(event="accounts:access:reset", target=str(alice.pk)).count() == 1

    def test_an_unknown_person_is_said_with_exit_code_2(self):
        with pytest.raises(CommandError, match="Nobody has the e-mail address") as error:
            run("reset_access", "nobody@people.example")
        assert error.value.returncode == 2


class TestOperator:
    def test_an_operator_gets_a_sign_in_and_no_organization(self):
        printed = run("operator", "root@people.example", "Root")
        assert LINK.search(printed)
        assert Person.objects.get(email="root@people.example").is_staff
        with pytest.raises(CommandError, match="already"):
            run("operator", "root@people.example", "Root")
