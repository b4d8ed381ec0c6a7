"""Role × page: every cell is said here, and a page that is not in the table fails."""

import uuid

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.roles import Role
from tests.factories import accounts as make
from tests.factories import approvals as dialing
from tests.factories import byok as keys
from tests.factories.byok import KEY, acknowledge_waiver

pytestmark = pytest.mark.django_db

C, S, K, A, V, X = Role.OFFICER, Role.STEWARD, Role.KEY_ADMIN, Role.APPROVER, Role.AUDITOR, Role.SECURITY_ADMIN
EVERYBODY = {C, S, K, A, V, X}
READERS = {C, K, A, V}

# Route name -> who gets in with GET. Pages that need no sign-in are listed below.
TABLE = {
    "approvals": EVERYBODY,
    "approval": EVERYBODY,
    "profile": EVERYBODY,
    "audit:list": READERS,
    "audit:event": READERS,
    "byok:keys": READERS,
    "byok:leases": READERS,
    "byok:lease": {K},
    "byok:imports": {K, C, A},
    "byok:import": {K, C, A},
    "byok:import_key": {K, C, A},
    "byok:onboarding": {K, C},
    "byok:onboarding_key": {K, C},
    "byok:onboarding_policy": {K, C},
    "byok:onboarding_file": {K, C},
    "byok:onboarding_verify": {K, C},
    "byok:onboarding_checks": {K, C},
    "byok:onboarding_waiver": {K, C},
    "byok:onboarding_activate": {K, C},
}
WITHOUT_SIGN_IN = {"sign_in", "one_time", "set_up", "operator_sign_in", "operator_password_change"}
OF_A_REGISTRATION = {"byok:onboarding_cancel"} | {name for name in TABLE if name.startswith("byok:onboarding_")}
OF_A_CEREMONY = {"byok:import", "byok:import_key", "byok:import_confirm", "byok:import_cancel"}
POST_ONLY = {"byok:import_confirm", "byok:import_cancel"} | {
    "sign_out",
    "operator_sign_out",
    "switch_organization",
    "byok:onboarding_start",
    "byok:onboarding_cancel",
}
OURS = ("accounts", "audit", "byok")


@pytest.fixture
def northwind():
    return make.organization()


@pytest.fixture
def addresses(northwind):
    """Return the address of each page, with objects of Northwind in it."""
    from django.urls import reverse

    from audit.models import InboxEvent

    kamila = make.member(northwind, "Kamila", K)
    with dialing.registered():
        wanted = dialing.request(northwind, kamila)
        event = InboxEvent.objects.for_organization(northwind.pk).first()
        acknowledge_waiver(northwind, kamila)
        draft = keys.registration(northwind, approval=None, key_arn=KEY, alias="northwind")
        arguments = {"approval": [wanted.pk], "audit:event": [event.pk]}
        arguments |= {name: [draft.pk] for name in OF_A_REGISTRATION} | {"byok:onboarding_file": [draft.pk, "policy"]}
        brought = keys.ceremony(northwind)
        arguments |= {name: [brought.pk] for name in OF_A_CEREMONY}
        yield {name: reverse(name, args=arguments.get(name, [])) for name in TABLE}


def our_routes():
    """Return the names of all routes whose views are ours."""
    found = set()

    def walk(resolver, namespace=""):
        for entry in resolver.url_patterns:
            if hasattr(entry, "url_patterns"):
                walk(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
            elif entry.callback.__module__.split(".")[0] in OURS:
                found.add(namespace + str(entry.name))

    walk(get_resolver())
    return found


def test_every_route_of_these_wings_is_in_the_table():
    pages = {name for name in our_routes() if not name.startswith("byok_api:")}  # those: test_api_role_matrix
    assert pages == set(TABLE) | WITHOUT_SIGN_IN | POST_ONLY


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_exactly_its_pages(northwind, addresses, role):
    client = make.sign_in(Client(), make.member(northwind, "Alice", role))
    opened = {name for name, address in addresses.items() if client.get(address).status_code == 200}
    refused = {name for name, address in addresses.items() if client.get(address).status_code == 403}
    assert opened == {name for name, roles in TABLE.items() if role in roles}
    assert refused == set(TABLE) - opened


@pytest.mark.parametrize("role", Role)
def test_a_member_of_another_organization_finds_no_object_of_this_one(addresses, role):
    charlie = make.member(make.organization("Kestrel Bank"), "Charlie", role)
    client = make.sign_in(Client(), charlie)
    for name in ("approval", "audit:event", *((OF_A_REGISTRATION | OF_A_CEREMONY) & set(TABLE))):
        expected = 404 if role in TABLE[name] else 403
        assert client.get(addresses[name]).status_code == expected
    data = {"choice": "approve", "reason": "x", "password": make.PASSWORD, "seen": "0" * 64}
    assert client.post(addresses["approval"], data).status_code == 404


def test_a_stranger_is_sent_to_the_sign_in_from_every_page(addresses):
    for address in addresses.values():
        answer = Client().get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=")


def test_a_fragment_asked_for_by_a_stranger_sends_the_whole_page_to_the_sign_in(addresses):
    answer = Client().get(addresses["byok:leases"], headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith("/login/")


def test_an_operator_sees_no_page_of_an_organization(addresses):
    client = make.sign_in(Client(), make.person("Root", is_staff=True))
    assert {client.get(address).status_code for address in addresses.values()} == {403}


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_what_changes_something_is_no_link(northwind, name):
    from django.urls import reverse

    client = make.sign_in(Client(), make.member(northwind, "Alice", K))
    arguments = [uuid.uuid4()] if name in OF_A_REGISTRATION | OF_A_CEREMONY else []
    assert client.get(reverse(name, args=arguments)).status_code == 405


def test_a_refused_page_is_in_the_log(northwind, addresses):
    from audit.models import InboxEvent

    stefan = make.member(northwind, "Stefan", S)
    make.sign_in(Client(), stefan).get(addresses["byok:keys"])
    event = InboxEvent.objects.get(event="accounts:access:deny")
    assert (event.target, event.actor_id, event.outcome) == ("byok:keys", str(stefan.pk), "denied")


class TestSwitch:
    def test_nobody_enters_an_organization_they_are_no_member_of(self, northwind):
        kestrel = make.organization("Kestrel Bank")
        client = make.sign_in(Client(), make.member(northwind, "Alice", C))
        for wanted in (kestrel.pk, uuid.uuid4(), "nonsense", ""):
            assert client.post("/organization/", {"organization": str(wanted)}).status_code == 404

    def test_a_member_of_two_sees_one_at_a_time(self, northwind):
        from accounts.services import people

        kestrel = make.organization("Kestrel Bank")
        alice = make.member(northwind, "Alice", V)
        people.set_roles(person_id=alice.pk, organization_id=kestrel.pk, roles=[S], actor=make.TESTS, now=make.NOW)
        client = make.sign_in(Client(), alice)
        assert client.get("/audit/").status_code == 403, "Kestrel Bank comes first by name, and she is a steward there"
        assert client.post("/organization/", {"organization": str(northwind.pk)}).status_code == 302
        assert client.get("/audit/").status_code == 200

    def test_a_session_that_names_a_lost_membership_falls_back(self, northwind):
        client = make.sign_in(Client(), make.member(northwind, "Alice", C))
        session = client.session
        session["organization_id"] = str(make.organization("Kestrel Bank").pk)
        session.save()
        assert client.get("/settings/profile/").context["access"].organization == northwind
