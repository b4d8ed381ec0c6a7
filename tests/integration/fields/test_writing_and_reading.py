"""Create, save, read: what a plain field does, over a column of envelopes."""

import datetime as dt
import uuid

import pytest
from asgiref.sync import async_to_sync

from ascend.envelope import DecryptionFailed, Envelope
from ascend.scope import current_organization, organization_scope

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


class TestScopeOfAnIteration:
    """Each row is read for the organization that was in force when the iteration was asked for."""

    @pytest.fixture
    def rows(self, people):
        people.Customer.objects.bulk_create([people.Customer(name=str(n), ssn=str(n)) for n in range(5)])
        return people.Customer.objects.order_by("pk")

    def test_iterator_goes_on_where_another_organization_is_in_force(self, rows, second_organization):
        with organization_scope(uuid.uuid4()):
            foreign = rows.iterator(chunk_size=2)
        own = rows.iterator(chunk_size=2)
        with organization_scope(second_organization):
            assert [row.ssn for row in own] == [str(n) for n in range(5)]
            assert current_organization() == second_organization
        with pytest.raises(DecryptionFailed):
            next(foreign)

    def test_between_the_steps_the_scope_is_the_callers(self, rows, organization, second_organization):
        steps = rows.values_list("ssn", flat=True).iterator(chunk_size=1)
        for expected in ("0", "1"):
            with organization_scope(second_organization):
                assert next(steps) == expected
                assert current_organization() == second_organization
            assert current_organization() == organization
        steps.close()

    def test_aiterator_too(self, rows, second_organization):
        own = rows.aiterator(chunk_size=2)

        async def read():
            return [row.ssn async for row in own]

        with organization_scope(second_organization):
            assert async_to_sync(read)() == [str(n) for n in range(5)]
