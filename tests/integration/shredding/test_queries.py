"""How many queries values under keys of persons cost: by page, never by person."""

from contextlib import contextmanager

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from ascend.keychain import keyring
from tests.integration.shredding.conftest import KEYS

pytestmark = pytest.mark.django_db(databases=["default", "person_keys"])

PERSONS = 1_000


@contextmanager
def queries(*, main=None, keys=None):
    """Assert how many queries go to each database."""
    with CaptureQueriesContext(connections["default"]) as on_main, CaptureQueriesContext(connections[KEYS]) as on_keys:
        yield
    if main is not None:
        assert len(on_main) == main, [query["sql"][:200] for query in on_main]
    assert len(on_keys) == keys, [query["sql"][:200] for query in on_keys]


@pytest.fixture
def persons(shop, organization):
    rows = [
        shop.Customer(organization_id=organization, number=str(n), ssn=str(n), email=f"{n}@example.org")
        for n in range(PERSONS)
    ]
    shop.Customer.objects.bulk_create(rows)
    return rows


def has_lease(organization):
    """Take the lease apart from what is counted."""
    keyring.close()
    keyring.require(organization)


def test_opening_1000_values_of_1000_persons_loads_their_keys_at_once(shop, organization, persons):
    has_lease(organization)
    with queries(main=2, keys=1):  # the rows, and which of their keys were shredded
        assert {row.ssn for row in shop.Customer.objects.all()} == {row.ssn for row in persons}


def test_a_second_field_of_the_same_persons_loads_nothing(shop, organization, persons):
    has_lease(organization)
    with queries(main=2, keys=1):
        assert all(row.ssn and row.email for row in shop.Customer.objects.all())
    with queries(main=1, keys=0):
        assert all(row.email for row in shop.Customer.objects.all())


def test_a_page_that_nobody_reads_loads_no_key(shop, organization, persons):  # KC-65
    has_lease(organization)
    with queries(main=1, keys=0):
        assert len(shop.Customer.objects.all()) == PERSONS


@pytest.mark.parametrize("chunk_size", [None, 250])
def test_an_iteration_loads_the_keys_of_each_chunk_at_once(shop, organization, persons, chunk_size):
    has_lease(organization)
    rows = shop.Customer.objects.iterator(chunk_size) if chunk_size else shop.Customer.objects.iterator()
    with queries(keys=PERSONS // chunk_size if chunk_size else 1):
        assert len({row.ssn for row in rows}) == PERSONS


def test_values_opened_and_related_rows_too(shop, organization, persons):
    orders = [shop.Order(organization_id=organization, customer=person, address="x") for person in persons]
    with queries(keys=0):
        shop.Order.objects.bulk_create(orders)
    has_lease(organization)
    with queries(main=2, keys=1):
        assert {row["address"] for row in shop.Order.objects.values_opened("address")} == {"x"}
    has_lease(organization)
    with queries(main=2, keys=1):
        assert len({order.customer.ssn for order in shop.Order.objects.select_related("customer")}) == PERSONS


def test_new_persons_get_their_keys_in_one_insert(shop, organization):
    shop.Customer.objects.create(organization_id=organization, number="first", ssn="0")  # makes what is above the keys
    rows = [shop.Customer(organization_id=organization, number=str(n), ssn=str(n)) for n in range(PERSONS)]
    # Whose keys are there, a savepoint of this test, the insert, its release.
    with queries(keys=4):
        shop.Customer.objects.bulk_create(rows)
    for row in rows:
        row.ssn = "1" + row.ssn
    with queries(keys=0):
        shop.Customer.objects.filter(organization_id=organization).bulk_update(rows, ["ssn"])
    has_lease(organization)
    with queries(keys=1):
        shop.Customer.objects.filter(organization_id=organization).bulk_update(rows, ["ssn"])


def test_a_page_of_shredded_persons_is_looked_up_once(shop, organization, persons, settings):
    from ascend.keychain import shredding
    from ascend.keychain.errors import Shredded

    gone = {person.pk for person in persons[:20]}
    for pk in gone:
        shredding.shred(organization_id=organization, subject_id=pk, approved_by="Alice")
    has_lease(organization)
    refused = set()
    with queries(main=2, keys=1):
        for row in shop.Customer.objects.all():
            try:
                assert row.ssn
            except Shredded:
                refused.add(row.pk)
    assert refused == gone


def test_a_search_that_opens_what_it_finds_loads_the_keys_of_all_at_once(shop, organization, persons):
    has_lease(organization)
    with queries(keys=1):
        assert shop.Customer.objects.filter(email__icontains="99@example").count() == 10
