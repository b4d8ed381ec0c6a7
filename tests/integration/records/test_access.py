"""Every address of records, as every role of the organization and as the other organization."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.roles import Role
from ascend.scope import organization_scope
from records import access, search_kinds
from records.models import PersonRecord, Search
from records.services import importing, people, revealing, searching
from tests.factories import accounts, records
from tests.factories.accounts import NOW

pytestmark = pytest.mark.django_db

# name of the address -> (method, roles that are let in, whether it is about one row)
ADDRESSES = {
    "list": ("get", access.READ, False),
    "new": ("get", access.CREATE, False),
    "search": ("get", access.SEARCH, False),
    "found": ("get", access.SEARCH_PROTECTED, True),
    "imports": ("get", access.IMPORT, False),
    "import": ("get", access.IMPORT, False),
    "columns": ("get", access.IMPORT, True),
    "check": ("get", access.IMPORT, True),
    "accept": ("post", access.IMPORT, True),
    "cancel": ("post", access.IMPORT, True),
    "run": ("get", access.IMPORT, True),
    "problems": ("get", access.IMPORT, True),
    "person": ("get", access.READ, True),
    "change": ("get", access.CHANGE, True),
    "reveal": ("post", access.REVEAL, True),
    "delete": ("post", access.DELETE, True),
}
REVEAL = {"field": "ssn", "reason": "Access request 12"}


@pytest.fixture
def world(northwind, steward, officer):
    """One record, one import and one search of Northwind."""
    record = _record(northwind, steward)
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    with organization_scope(northwind.pk):
        search = searching.search(
            kind=search_kinds.KINDS["ssn_last4"],
            text="2222",
            person_id=officer.pk,
            organization_id=northwind.pk,
            now=NOW,
        )
    return {"record_id": record.pk, "job_id": job.pk, "search_id": search.pk}


def _record(organization, steward):
    with organization_scope(organization.pk):
        return people.create(
            organization_id=organization.pk,
            values={"reference": "N-1", "ssn": "900-11-2222"},
            person_id=steward.pk,
            now=NOW,
        )


def address(name, world):
    path = next(pattern for pattern in patterns() if pattern.name == name).pattern._route
    for key, value in world.items():
        path = path.replace(f"<uuid:{key}>", str(value))
    return f"/records/{path}"


def patterns():
    return next(
        included for included in get_resolver().url_patterns if str(included.pattern) == "records/"
    ).url_patterns


def ask(client, name, world):
    method = ADDRESSES[name][0]
    return getattr(client, method)(address(name, world), REVEAL if name == "reveal" else {})


def test_every_address_is_in_the_table():
    assert {pattern.name for pattern in patterns()} == set(ADDRESSES)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_let_in_where_the_table_says(world, northwind, role):
    client = accounts.sign_in(Client(), accounts.member(northwind, "Dora", role))
    for name, (_, roles, _) in ADDRESSES.items():
        status = ask(client, name, world).status_code
        if role in roles:
            # a search belongs to the person who made it
            assert status in ({404} if name == "found" else {200, 302}), name
        else:
            assert status == 403, name


def test_another_organization_gets_404_and_changes_nothing(world, charlie):
    client = accounts.sign_in(Client(), charlie)
    for name, (_, _, is_about_a_row) in ADDRESSES.items():
        if is_about_a_row:
            assert ask(client, name, world).status_code == 404, name
    assert PersonRecord.objects.filter(pk=world["record_id"]).exists()
    assert client.post(address("change", world), {"reference": "X"}).status_code == 404


def test_what_does_not_exist_looks_the_same(charlie):
    client = accounts.sign_in(Client(), charlie)
    nothing = {"record_id": uuid4(), "job_id": uuid4(), "search_id": uuid4()}
    for name, (_, _, is_about_a_row) in ADDRESSES.items():
        if is_about_a_row:
            assert ask(client, name, nothing).status_code == 404, name


def test_anonymous_people_are_sent_to_sign_in(world):
    for name in ADDRESSES:
        answer = ask(Client(), name, world)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/login/"), name


def test_lists_and_searches_stay_within_the_organization(world, charlie, kestrel):
    client = accounts.sign_in(Client(), charlie)
    assert b"N-1" not in client.get("/records/").content
    found = client.get(client.post("/records/search/", {"by": "ssn_last4", "text": "2222"})["Location"])
    assert b"Nobody was found" in found.content
    assert client.post("/records/search/", {"by": "reference", "text": "N-1"}).status_code == 200


def test_a_search_is_its_owners_alone(world, northwind):
    colleague = accounts.sign_in(Client(), accounts.member(northwind, "Dora", Role.OFFICER))
    assert colleague.get(address("found", world)).status_code == 404


def test_a_search_expires(world, officer):
    Search.objects.update(expires_at=NOW.replace(year=2020))
    assert accounts.sign_in(Client(), officer).get(address("found", world)).status_code == 404


def test_services_find_nothing_of_another_organization(world, kestrel, charlie):
    with organization_scope(kestrel.pk):
        row = {"record_id": world["record_id"], "organization_id": kestrel.pk, "person_id": charlie.pk, "now": NOW}
        with pytest.raises(PersonRecord.DoesNotExist):
            revealing.reveal(**row, field="ssn", reason="curious")
        with pytest.raises(PersonRecord.DoesNotExist):
            people.change(**row, changes={"ssn": "1"})
        with pytest.raises(PersonRecord.DoesNotExist):
            people.delete(**row)
        with pytest.raises(importing.ImportJob.DoesNotExist):
            importing.cancel(job_id=world["job_id"], organization_id=kestrel.pk, person_id=charlie.pk, now=NOW)


def test_the_stock_admin_does_not_know_person_records():
    from django.contrib import admin

    assert not admin.site.is_registered(PersonRecord)
