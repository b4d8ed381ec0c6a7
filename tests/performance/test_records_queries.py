"""How many queries the pages of records make, whatever the number of people."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from records.models import PersonRecord
from tests.factories import accounts, records

MOST = 12

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path / "keys"
    settings.DATA_DIR = tmp_path / "data"
    settings.ASCEND_BROADCAST = ""


@pytest.fixture
def northwind():
    return accounts.organization()


@pytest.fixture
def steward(northwind):
    return accounts.member(northwind, "Bob", Role.STEWARD)


@pytest.fixture
def client(northwind):
    return accounts.sign_in(Client(), accounts.member(northwind, "Alice", Role.OFFICER))


def queries_of(client, address):
    client.get(address)  # keys are at hand, as they are in a process that runs
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_list_makes_as_many_queries_for_two_people_as_for_a_full_page(client, northwind, steward):
    records.imported(records.people_csv(2), steward, northwind.pk)
    few = queries_of(client, "/records/")
    records.imported(records.people_csv(60), steward, northwind.pk)
    assert few == queries_of(client, "/records/") <= MOST


def test_no_page_needs_more_queries_than_the_limit(client, northwind, steward):
    records.imported(records.people_csv(60), steward, northwind.pk)
    person = PersonRecord.objects.get(reference="C-000007")
    found = client.post("/records/search/", {"by": "email_domain", "text": "example.org"})["Location"]
    for address in (found, f"/records/{person.pk}/", f"/records/{person.pk}/change/", "/records/search/"):
        assert queries_of(client, address) <= MOST, address


def test_a_page_of_the_middle_is_found_by_the_index(northwind, steward, client):
    records.imported(records.people_csv(300), steward, northwind.pk)
    after = client.get("/records/").context["page"].next
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        page = PersonRecord.objects.for_organization(northwind.pk).filter(after.rows_after()).newest_first()
        plan = page.only("id")[:26].explain()
    assert "records_person_newest" in plan
    assert "Sort" not in plan
