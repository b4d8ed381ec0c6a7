"""Every way of writing keeps the index columns with the value. A stale index is a search that lies."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connections

from ascend.envelope import Envelope
from ascend.fields import OperationRefused
from ascend.scope import WrongOrganization, organization_scope


@pytest.fixture
def customer(people):
    return people.Customer.objects.create(name="Ada", ssn="111-11-1111", nickname="ada")


@pytest.fixture
def patients(people, organization):
    return people.Patient.objects.bulk_create(
        [people.Patient(organization_id=organization, reference=str(n), ssn=f"000-00-{n:04}") for n in range(5)]
    )


class TestSave:
    def test_update_fields_that_names_the_field_carries_its_index_columns(self, people, customer):
        customer.ssn = "222-22-2222"
        customer.save(update_fields=["ssn"])
        self.assert_found(people, "222-22-2222", not_found="111-11-1111")

    def test_a_row_bound_field_too(self, people, patients):
        patient = people.Patient.objects.get(pk=patients[0].pk)
        patient.ssn = "222-22-2222"
        patient.save(update_fields=["ssn"])
        assert people.Patient.objects.get(ssn="222-22-2222").ssn == "222-22-2222"
        assert people.Patient.objects.get(ssn__last4="2222").pk == patient.pk
        assert not people.Patient.objects.filter(ssn="000-00-0000").exists()

    def test_update_fields_of_other_columns_leave_it_alone(self, people, customer, stored):
        before = stored(customer, "ssn")
        customer.ssn, customer.name = "222-22-2222", "Bea"
        customer.save(update_fields=["name"])
        assert stored(customer, "ssn") == before
        self.assert_found(people, "111-11-1111", not_found="222-22-2222")

    def test_a_deferred_field_is_not_written(self, people, customer, stored):
        before = stored(customer, "ssn"), stored(customer, "ssn_exact_a")
        partial = people.Customer.objects.defer("ssn").get()
        partial.name = "Bea"
        partial.save()
        assert (stored(customer, "ssn"), stored(customer, "ssn_exact_a")) == before
        partial = people.Customer.objects.only("ssn").get()
        partial.ssn = "333-33-3333"
        partial.save()
        self.assert_found(people, "333-33-3333", not_found="111-11-1111")

    def test_null_clears_the_index(self, people, customer, stored):
        customer.nickname = None
        customer.save(update_fields=["nickname"])
        assert stored(customer, "nickname") is None
        assert stored(customer, "nickname_exact_a") is None

    @staticmethod
    def assert_found(people, ssn, not_found):
        assert people.Customer.objects.get(ssn=ssn).ssn == ssn
        assert people.Customer.objects.get(ssn__last4=ssn[-4:]).ssn == ssn
        assert not people.Customer.objects.filter(ssn=not_found).exists()
        assert not people.Customer.objects.filter(ssn__last4=not_found[-4:]).exists()


class TestUpdate:
    def test_a_plain_value_sets_the_envelope_and_the_index(self, people, customer, stored):
        assert people.Customer.objects.filter(pk=customer.pk).update(ssn="222-22-2222", name="Bea") == 1
        TestSave.assert_found(people, "222-22-2222", not_found="111-11-1111")
        assert Envelope.parse(stored(customer, "ssn"))

    def test_a_search_may_choose_the_rows(self, people, customer):
        assert people.Customer.objects.filter(ssn="111-11-1111").update(ssn="222-22-2222") == 1
        assert people.Customer.objects.filter(orders__isnull=True).update(nickname="x") == 1
        assert people.Customer.objects.get(nickname="x").ssn == "222-22-2222"

    def test_null_clears_the_index(self, people, customer, stored):
        people.Customer.objects.update(nickname=None)
        assert stored(customer, "nickname") is None
        assert stored(customer, "nickname_exact_a") is None

    def test_the_empty_string_is_a_value(self, people, customer):
        people.Customer.objects.update(nickname="")
        assert people.Customer.objects.get(nickname="").nickname == ""

    def test_a_date_is_sealed_with_its_indexes(self, people, customer):
        people.Customer.objects.update(date_of_birth=dt.date(1999, 1, 2))
        assert people.Customer.objects.get(date_of_birth__year=1999).date_of_birth == dt.date(1999, 1, 2)

    def test_bytes_are_not_taken_for_an_envelope(self, people, customer, stored):
        people.Customer.objects.update(notes=b"raw")
        assert Envelope.parse(stored(customer, "notes"))

    def test_a_row_bound_field_is_refused_with_the_loop(self, people, patients, savepoint):
        with pytest.raises(OperationRefused, match=r"row\.save\(update_fields=\['ssn'\]\)"), savepoint():
            people.Patient.objects.update(ssn="x")

    def test_a_row_bound_field_may_be_cleared(self, people, patients, organization, stored):
        people.Patient.objects.filter(organization_id=organization).update(ssn=None)
        assert stored(patients[0], "ssn") is None
        assert stored(patients[0], "ssn_exact_a") is None

    def test_rows_of_several_organizations_are_refused(self, people, organization, savepoint):
        people.Account.objects.create(organization_id=organization, number="4111")
        with pytest.raises(OperationRefused, match="several organizations"), savepoint():
            people.Account.objects.update(number="4222")
        with pytest.raises(OperationRefused, match="several organizations"), savepoint():
            people.Account.objects.filter(organization_id=uuid.uuid4()).update(number="4222")
        assert people.Account.objects.filter(organization_id=organization).update(number="4222") == 1
        assert people.Account.objects.get(number="4222").number == "4222"


class TestBulkUpdate:
    def test_every_row_gets_its_own_value_and_index(self, people):
        made = people.Customer.objects.bulk_create([people.Customer(name=str(n), ssn=f"{n:04}") for n in range(5)])
        for customer in made:
            customer.ssn = f"9-{customer.name}999"
            customer.nickname = None if customer.name == "3" else f"n{customer.name}"
        assert people.Customer.objects.bulk_update(made, ["ssn", "nickname", "name"], batch_size=2) == 5
        for customer in made:
            read = people.Customer.objects.get(ssn=customer.ssn)
            assert (read.pk, read.ssn, read.nickname) == (customer.pk, customer.ssn, customer.nickname)
        assert people.Customer.objects.filter(nickname__isnull=True).get().name == "3"
        assert not people.Customer.objects.filter(ssn="0001").exists()

    def test_row_bound_values_are_sealed_for_their_own_rows(self, people, patients, organization):
        for patient in patients:
            patient.ssn = f"999-{patient.reference}"
        mine = people.Patient.objects.filter(organization_id=organization)
        assert mine.bulk_update(patients, ["ssn"]) == 5
        for patient in patients:
            assert people.Patient.objects.get(ssn=f"999-{patient.reference}").ssn == f"999-{patient.reference}"

    def test_other_organizations_are_refused(self, people, patients, savepoint):
        with pytest.raises(OperationRefused, match="several organizations"), savepoint():
            people.Patient.objects.bulk_update(patients, ["ssn"])

    def test_an_expression_on_an_instance_is_refused(self, people, customer, savepoint):
        from django.db.models import F

        customer.ssn = F("name")
        with pytest.raises(OperationRefused), savepoint():
            people.Customer.objects.bulk_update([customer], ["ssn"])


class TestUnique:
    def test_a_second_row_with_the_value_is_refused_by_the_database(self, people, customer, savepoint):
        with pytest.raises(IntegrityError) as error, savepoint():
            people.Customer.objects.create(name="Bob", ssn="111-11-1111")
        assert "111-11" not in str(error.value)
        with pytest.raises(IntegrityError), savepoint():
            people.Customer.objects.bulk_create([people.Customer(name="Bob", ssn="111-11-1111")])
        other = people.Customer.objects.create(name="Bob", ssn="2")
        with pytest.raises(IntegrityError), savepoint():
            people.Customer.objects.filter(pk=other.pk).update(ssn="111-11-1111")

    def test_two_organizations_may_have_the_same_value(self, people, customer, second_organization):
        with organization_scope(second_organization):
            people.Customer.objects.create(name="Bob", ssn="111-11-1111")


class TestUpsert:
    def test_the_index_columns_go_with_the_field(self, people, customer, database):
        upserted = people.Customer(pk=customer.pk, name="Bea", ssn="222-22-2222")
        named = connections[database].features.supports_update_conflicts_with_target
        people.Customer.objects.bulk_create(
            [upserted], update_conflicts=True, update_fields=["ssn", "name"], unique_fields=["id"] if named else None
        )
        TestSave.assert_found(people, "222-22-2222", not_found="111-11-1111")

    def test_a_row_bound_field_is_refused_by_other_columns_than_the_key(self, people, patients, organization):
        proposed = people.Patient(organization_id=organization, reference="0", ssn="9")
        with pytest.raises(OperationRefused, match="update_or_create"):
            people.Patient.objects.bulk_create(
                [proposed], update_conflicts=True, update_fields=["ssn"], unique_fields=["reference"]
            )

    def test_a_row_bound_field_is_sealed_for_the_row_that_its_key_names(self, people, patients, organization, database):
        if not connections[database].features.supports_update_conflicts_with_target:
            pytest.skip("MariaDB updates the row of whatever key is not unique: refused, see the test above")
        proposed = people.Patient(pk=patients[0].pk, organization_id=organization, reference="0", ssn="9999")
        people.Patient.objects.bulk_create(
            [proposed], update_conflicts=True, update_fields=["ssn"], unique_fields=["id"]
        )
        assert people.Patient.objects.get(ssn="9999").ssn == "9999"
        assert people.Patient.objects.get(ssn__last4="9999").pk == patients[0].pk


class TestOrganizations:
    def test_an_instance_of_another_organization_is_not_sealed(self, people, second_organization, savepoint):
        for model in (people.Patient(reference="x", ssn="1"), people.Account(number="1")):
            model.organization_id = second_organization
            with pytest.raises(WrongOrganization) as error, savepoint():
                model.save()
            assert "'1'" not in str(error.value)

    def test_an_organization_given_as_text_is_the_same(self, people, organization):
        assert people.Account.objects.create(organization_id=str(organization), number="1").pk
