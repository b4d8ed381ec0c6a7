"""Create, save, read: what a plain field does, over a column of envelopes."""

import datetime as dt

import pytest

from ascend.envelope import Envelope

SSN = "123-45-6789"


@pytest.fixture
def customer(people):
    return people.Customer.objects.create(name="Ada", ssn=SSN, email="Ada@Example.org", notes="a note")


@pytest.fixture
def patient(people, organization):
    return people.Patient.objects.create(organization_id=organization, reference="r1", ssn=SSN, notes="")


class TestFieldBound:
    def test_a_created_value_is_read_back(self, people, customer):
        read = people.Customer.objects.get(pk=customer.pk)
        assert (read.ssn, read.email, read.notes) == (SSN, "Ada@Example.org", "a note")

    def test_an_11_character_value_is_stored_in_48_bytes(self, customer, stored):
        assert len(stored(customer, "ssn")) == 48
        assert SSN.encode() not in stored(customer, "ssn")

    def test_null_stays_null_and_the_empty_string_is_encrypted(self, people, stored):
        customer = people.Customer.objects.create(name="Bob", ssn="1", nickname=None, notes="")
        assert stored(customer, "nickname") is None
        assert len(stored(customer, "notes")) == 37
        assert people.Customer.objects.get(pk=customer.pk).notes == ""

    def test_a_date_is_ten_bytes_of_iso_8601(self, people, stored):
        customer = people.Customer.objects.create(name="Bob", ssn="1", date_of_birth=dt.date(1980, 5, 17))
        assert len(stored(customer, "date_of_birth")) == 37 + 10
        assert people.Customer.objects.get().date_of_birth == dt.date(1980, 5, 17)

    def test_values_opens(self, people, customer):
        assert list(people.Customer.objects.values_list("ssn", flat=True)) == [SSN]


class TestRowBound:
    def test_a_created_value_is_read_back(self, people, patient):
        read = people.Patient.objects.get(pk=patient.pk)
        assert (read.ssn, read.notes, read.email) == (SSN, "", None)

    def test_bulk_create_seals(self, people, organization, stored):
        made = [people.Patient(organization_id=organization, reference=str(n), ssn=f"{n:011d}") for n in range(7)]
        people.Patient.objects.bulk_create(made)
        assert {p.ssn for p in people.Patient.objects.all()} == {f"{n:011d}" for n in range(7)}
        assert Envelope.parse(stored(made[0], "ssn"))
