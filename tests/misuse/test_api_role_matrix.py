"""Role × verb × address of the API: every cell is said here, and an address that is not in the table fails."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from audit.models import InboxEvent
from tests.factories import accounts as make
from tests.misuse.test_role_matrix import our_routes

pytestmark = pytest.mark.django_db

READERS = {Role.AUDITOR, Role.OFFICER, Role.KEY_ADMIN}
ADMIN = {Role.KEY_ADMIN}
# Address -> verb -> who gets further than the permission; what comes after may still refuse what was sent.
TABLE = {
    "keys": {"GET": READERS, "POST": ADMIN, "DELETE": ADMIN},
    "verify": {"GET": READERS, "POST": ADMIN},
    "proof": {"POST": ADMIN},
    "activate": {"POST": ADMIN},
    "rotate": {"POST": ADMIN},
    "waiver": {"GET": READERS},
    "acknowledge": {"POST": {Role.OFFICER}},
    "waiver_status": {"GET": READERS},
    "audit": {"GET": READERS},
    "health": {"GET": READERS},
    "configure": {"POST": ADMIN},
}
CELLS = [(name, verb) for name, verbs in TABLE.items() for verb in verbs]


def address(name):
    return reverse(f"byok_api:{name}")


def ask(client, name, verb):
    return client.generic(verb, address(name), json.dumps({}), content_type="application/json")


def test_every_address_is_in_the_table():
    assert {route for route in our_routes() if route.startswith("byok_api:")} == {f"byok_api:{name}" for name in TABLE}


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_exactly_as_far_as_the_table_says(role):
    """BYOK-3."""
    client = make.sign_in(Client(), make.member(make.organization(), "Alice", role))
    refused = {(name, verb) for name, verb in CELLS if ask(client, name, verb).status_code == 403}
    assert refused == {(name, verb) for name, verb in CELLS if role not in TABLE[name][verb]}
    assert InboxEvent.objects.filter(event="accounts:access:deny").count() == len(refused)


@pytest.mark.parametrize(("name", "verb"), CELLS)
def test_a_stranger_is_told_to_sign_in(name, verb):
    """BYOK-1."""
    answer = ask(Client(), name, verb)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"].startswith("Session")


def test_neither_a_password_in_the_header_nor_a_made_up_token_is_a_session():
    """BYOK-1."""
    make.member(make.organization(), "Alice", Role.KEY_ADMIN)
    for header in ("Basic YWxpY2VAcGVvcGxlLmV4YW1wbGU6eA==", "Bearer x"):
        assert Client().get(address("keys"), headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize(("name", "verb"), [cell for cell in CELLS if cell[1] != "GET"])
def test_without_the_csrf_token_nothing_changes(name, verb):
    """BYOK-1."""
    client = make.sign_in(Client(), make.member(make.organization(), "Alice", *TABLE[name][verb]))
    client.handler.enforce_csrf_checks = True
    answer = ask(client, name, verb)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert "CSRF" in answer.content.decode()


def test_an_operator_has_no_organization_here():
    client = make.sign_in(Client(), make.person("Root", is_staff=True))
    assert {ask(client, name, verb).status_code for name, verb in CELLS} == {403}


@pytest.mark.parametrize(("name", "verbs"), TABLE.items())
def test_no_other_verb_is_taken(name, verbs):
    client = make.sign_in(
        Client(), make.member(make.organization(), "Alice", Role.OFFICER if name == "acknowledge" else Role.KEY_ADMIN)
    )
    for verb in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(verbs):
        assert ask(client, name, verb).status_code == 405
