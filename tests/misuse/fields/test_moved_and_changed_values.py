"""Envelopes cut, changed or moved, and the wrong key: refused with one and the same error, on both databases.

The peers' failures of the design study, each with the outcome that it should have had.
"""

import pytest
from django.db import connections

from ascend.envelope import DecryptionFailed
from ascend.scope import organization_scope
from ascend.testing import memory_keyring

SSN = "123-45-6789"


@pytest.fixture
def write(database):
    """Write bytes into a column as someone with the database's password would."""

    def execute(instance, column, octets):
        meta = type(instance)._meta
        with connections[database].cursor() as cursor:
            pk = meta.pk.get_db_prep_value(instance.pk, connections[database])
            statement = f"UPDATE {meta.db_table} SET {column} = %s WHERE {meta.pk.column} = %s"  # noqa: S608
            cursor.execute(statement, [octets, pk])

    return execute


@pytest.fixture
def patients(people, organization):
    return [
        people.Patient.objects.create(organization_id=organization, reference=str(n), ssn=SSN, notes=SSN)
        for n in range(2)
    ]


@pytest.fixture
def customers(people):
    return [
        people.Customer.objects.create(name=str(n), ssn=f"{SSN[:-1]}{n}", nickname=SSN, notes=SSN) for n in range(2)
    ]


def read(instance, column):
    return getattr(type(instance).objects.get(pk=instance.pk), column)


def refused(instance, column):
    with pytest.raises(DecryptionFailed) as error:
        read(instance, column)
    assert str(error.value) == "decryption failed"
    assert error.value.args == ()
    return True


class TestChanged:
    @pytest.mark.parametrize("kind", ["customers", "patients"])
    def test_every_byte_flipped(self, request, kind, stored, write):
        instance = request.getfixturevalue(kind)[0]
        envelope = stored(instance, "ssn")
        for position in range(len(envelope)):
            changed = bytearray(envelope)
            changed[position] ^= 1
            write(instance, "ssn", bytes(changed))
            assert refused(instance, "ssn")

    @pytest.mark.parametrize("kind", ["customers", "patients"])
    def test_cut_at_every_length_and_lengthened(self, request, kind, stored, write):
        instance = request.getfixturevalue(kind)[0]
        envelope = stored(instance, "ssn")
        for length in range(len(envelope)):
            write(instance, "ssn", envelope[:length])
            assert refused(instance, "ssn")
        write(instance, "ssn", envelope + b"\0")
        assert refused(instance, "ssn")

    def test_plaintext_in_the_column_is_never_a_value(self, customers, patients, write):
        for instance in (customers[0], patients[0]):
            write(instance, "ssn", SSN.encode())
            assert refused(instance, "ssn")


class TestMoved:
    def test_to_another_row_of_a_row_bound_column(self, patients, stored, write):
        write(patients[1], "ssn", stored(patients[0], "ssn"))
        assert refused(patients[1], "ssn")

    @pytest.mark.parametrize("kind", ["customers", "patients"])
    def test_to_another_column(self, request, kind, stored, write):
        instance = request.getfixturevalue(kind)[0]
        write(instance, "notes", stored(instance, "ssn"))
        assert refused(instance, "notes")

    def test_to_another_model(self, customers, patients, stored, write):
        write(customers[0], "ssn", stored(patients[0], "ssn"))
        assert refused(customers[0], "ssn")

    def test_to_another_organization(self, people, second_organization, stored, write, organization):
        mine = people.Account.objects.create(organization_id=organization, number="4111")
        with organization_scope(second_organization):
            theirs = people.Account.objects.create(organization_id=second_organization, number="4222")
            write(theirs, "number", stored(mine, "number"))
            assert refused(theirs, "number")

    def test_a_row_of_another_organization_does_not_open(self, people, second_organization, customers):
        with organization_scope(second_organization):
            assert refused(customers[0], "ssn")

    def test_what_field_binding_does_not_see(self, customers, stored, write):
        """Another row's envelope opens in a field-bound column: the guide says so, and offers row binding."""
        write(customers[1], "nickname", stored(customers[0], "nickname"))
        assert read(customers[1], "nickname") == SSN


class TestWrongKey:
    def test_a_value_of_an_unknown_key_is_refused_and_not_saved_over(
        self, people, customers, patients, stored, savepoint
    ):
        before = [stored(instance, "ssn") for instance in (customers[0], patients[0])]
        with memory_keyring():
            assert refused(customers[0], "ssn")
            patient = people.Patient.objects.get(pk=patients[0].pk)
            with pytest.raises(DecryptionFailed):
                _ = patient.ssn
            with pytest.raises(DecryptionFailed), savepoint():
                patient.save()
        assert [stored(instance, "ssn") for instance in (customers[0], patients[0])] == before
        assert read(customers[0], "ssn") == "123-45-6780"

    def test_a_submitted_envelope_is_stored_as_text_and_opens_nothing(self, people, customers, stored):
        """No decryption oracle: what looks like an envelope is a value like another."""
        submitted = stored(customers[0], "ssn").hex()
        people.Customer.objects.filter(pk=customers[1].pk).update(notes=submitted)
        assert read(customers[1], "notes") == submitted
        raw = stored(customers[0], "notes")
        customers[1].notes = raw
        customers[1].save()
        assert read(customers[1], "notes") != SSN


class TestFalsyValues:
    @pytest.mark.parametrize("value", ["", " ", "0", "None", "\x00", "é" * 11, "\U0001f510"])
    def test_it_is_read_back_as_it_was(self, people, value, stored):
        customer = people.Customer.objects.create(name="x", ssn=value, nickname=value, notes=value)
        assert (read(customer, "ssn"), read(customer, "nickname"), read(customer, "notes")) == (value,) * 3
        assert len(stored(customer, "notes")) == 37 + len(value.encode())
        assert people.Customer.objects.get(ssn=value).pk == customer.pk
        assert people.Customer.objects.get(nickname__in=[value]).pk == customer.pk

    def test_null_in_a_row_bound_column(self, people, organization, stored):
        patient = people.Patient.objects.create(organization_id=organization, reference="r", ssn=None)
        assert stored(patient, "ssn") is None
        assert read(patient, "ssn") is None
