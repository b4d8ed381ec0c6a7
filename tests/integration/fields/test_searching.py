"""What can be searched: equality through a blind index, in one query, with hashes for parameters."""

import datetime as dt
import pickle

import pytest
from django.db import connections
from django.db.models import Count, Q
from django.test.utils import CaptureQueriesContext

from ascend.scope import organization_scope


@pytest.fixture
def customers(people):
    made = [
        people.Customer(name="Ada", ssn="123-45-6789", email="Ada@Example.org", date_of_birth="1980-05-17"),
        people.Customer(name="Bob", ssn="987-65-4321", email="bob@example.com", date_of_birth="1980-12-01"),
        people.Customer(name="Cyd", ssn="111-11-6789", email="", nickname="", date_of_birth=None),
    ]
    people.Customer.objects.bulk_create(made)
    return people.Customer.objects


FOUND = {
    "exact": (Q(ssn="123-45-6789"), {"Ada"}),
    "exact, written out": (Q(ssn__exact="987-65-4321"), {"Bob"}),
    "no match": (Q(ssn="123456789"), set()),
    "in": (Q(ssn__in=["123-45-6789", "111-11-6789", "nobody", None]), {"Ada", "Cyd"}),
    "in a set": (Q(ssn__in={"123-45-6789"}), {"Ada"}),
    "in nothing": (Q(ssn__in=[]), set()),
    "last4": (Q(ssn__last4="6789"), {"Ada", "Cyd"}),
    "last4 of the whole": (Q(ssn__last4="123-45-6789"), {"Ada", "Cyd"}),
    "last4 in": (Q(ssn__last4__in=["4321", "0000"]), {"Bob"}),
    "last4 exact": (Q(ssn__last4__exact="4321"), {"Bob"}),
    "last4 of too little": (Q(ssn__last4="12"), set()),
    "casefold": (Q(email__casefold="ADA@example.ORG"), {"Ada"}),
    "domain": (Q(email__email_domain="Example.com"), {"Bob"}),
    "domain of an address": (Q(email__email_domain="x@example.com"), {"Bob"}),
    "domain in": (Q(email__email_domain__in=["example.com", "example.org"]), {"Ada", "Bob"}),
    "year": (Q(date_of_birth__year=1980), {"Ada", "Bob"}),
    "year as text": (Q(date_of_birth__year="1980"), {"Ada", "Bob"}),
    "year in": (Q(date_of_birth__year__in=[1979, 1981]), set()),
    "a date": (Q(date_of_birth=dt.date(1980, 5, 17)), {"Ada"}),
    "a date as text": (Q(date_of_birth="1980-05-17"), {"Ada"}),
    "null": (Q(date_of_birth=None), {"Cyd"}),
    "isnull": (Q(date_of_birth__isnull=True), {"Cyd"}),
    "not null": (Q(date_of_birth__isnull=False), {"Ada", "Bob"}),
    "the empty string": (Q(nickname=""), {"Cyd"}),
    "a NULL is not empty": (Q(nickname__isnull=True), {"Ada", "Bob"}),
    "or": (Q(ssn="123-45-6789") | Q(ssn__last4="4321"), {"Ada", "Bob"}),
    "not": (~Q(ssn="123-45-6789"), {"Bob", "Cyd"}),
    "not in": (~Q(ssn__in=["123-45-6789", "987-65-4321"]), {"Cyd"}),
    "not the domain": (~Q(email__email_domain="example.com"), {"Ada", "Cyd"}),
    "not the year": (~Q(date_of_birth__year=1980), {"Cyd"}),
    "not the date": (~Q(date_of_birth="1980-05-17"), {"Bob", "Cyd"}),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_search_finds_exactly_the_rows_that_have_the_value(customers, name):
    condition, expected = FOUND[name]
    assert {customer.name for customer in customers.filter(condition)} == expected


def test_exclude_get_exists_count_and_in_bulk(customers):
    assert customers.exclude(ssn="123-45-6789").count() == 2
    assert customers.get(ssn="123-45-6789").name == "Ada"
    assert customers.filter(ssn="123-45-6789").exists()
    assert customers.in_bulk(["123-45-6789"], field_name="ssn")["123-45-6789"].name == "Ada"
    assert customers.filter(ssn__last4="6789").distinct().count() == 2


def test_get_or_create_and_update_or_create_find_the_row_that_is_there(customers):
    found, created = customers.get_or_create(ssn="123-45-6789", defaults={"name": "Eve"})
    assert (found.name, created) == ("Ada", False)
    changed, created = customers.update_or_create(ssn="987-65-4321", defaults={"ssn": "222", "name": "Bea"})
    assert not created
    assert customers.get(ssn="222").pk == changed.pk
    assert customers.get_or_create(ssn="333", defaults={"name": "Dan"})[1]


def test_rows_may_be_counted_with_their_relations(people, customers):
    people.Order.objects.create(customer=customers.get(ssn="123-45-6789"), reference="o1")
    counted = {c.name: c.n for c in customers.annotate(n=Count("orders"))}
    assert counted == {"Ada": 1, "Bob": 0, "Cyd": 0}
    assert people.Order.objects.filter(customer__ssn="123-45-6789").count() == 1
    assert people.Order.objects.select_related("customer").get().customer.ssn == "123-45-6789"
    assert customers.filter(orders__reference="o1").get().ssn == "123-45-6789"
    assert list(people.Order.objects.values_list("customer__ssn", flat=True)) == ["123-45-6789"]


def test_an_annotation_of_the_column_opens_and_can_be_searched(customers):
    from django.db.models import F

    assert customers.annotate(x=F("ssn")).filter(x="123-45-6789").get().x == "123-45-6789"


def test_rows_may_be_united_and_made_distinct(customers):
    assert len(customers.filter(ssn="123-45-6789").union(customers.filter(name="Bob"))) == 2
    assert len(customers.distinct()) == 3
    assert len(customers.values("pk", "ssn").distinct()) == 3
    assert len(customers.filter(name="Ada").intersection(customers.all())) == 1


def test_a_search_is_one_query_whose_parameters_are_hashes(customers, database):
    connection = connections[database]
    with CaptureQueriesContext(connection) as captured:
        list(customers.filter(ssn__in=["123-45-6789", "987-65-4321"]))
    assert len(captured) == 1
    assert "6789" not in captured[0]["sql"]


def test_the_value_is_in_no_repr_sql_or_pickle_of_a_query(customers):
    query = customers.filter(Q(ssn="123-45-6789") | Q(ssn__last4="6789")).query
    assert "6789" not in str(query)
    assert "6789" not in repr(query.where)
    assert b"6789" not in pickle.dumps(query)


def test_each_organization_has_hashes_of_its_own(people, customers, second_organization):
    with organization_scope(second_organization):
        assert not customers.filter(ssn="123-45-6789").exists()


def test_an_impossible_date_is_an_error_that_does_not_repeat_it(customers):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError) as error:
        customers.filter(date_of_birth="1980-13-99")
    assert "1980-13-99" not in repr(error.value)
    assert "1980" not in str(error.value.params)


def test_a_search_by_index_uses_the_index(customers, database):
    if database != "default":
        plan = customers.filter(ssn="x").explain()
        assert "USING INDEX" in plan
