"""The fields on the real keychain: keys made on demand, one a column and organization, named by every envelope."""

import uuid
from os import urandom

import pytest

from ascend.envelope import DecryptionFailed, Envelope
from ascend.keychain.models import Key
from ascend.scope import NoOrganization, organization_scope


@pytest.fixture
def database(db, people_tables):
    """PostgreSQL, where the keychain's tables are."""
    return "default"


@pytest.fixture
def keyring():
    """No replacement: the keys come from the keychain."""


@pytest.fixture
def patient(people, organization):
    return people.Patient.objects.create(
        organization_id=organization,
        reference="r",
        ssn="123-45-6789",
        email="a@example.org",
        date_of_birth="1980-05-17",
    )


def test_values_are_sealed_read_and_found(people, patient):
    read = people.Patient.objects.get(ssn__last4="6789")
    assert (read.ssn, read.email) == ("123-45-6789", "a@example.org")
    assert people.Patient.objects.get(date_of_birth__year=1980).pk == patient.pk
    customers = people.Customer.objects
    customers.bulk_create([people.Customer(name=str(n), ssn=str(n)) for n in range(20)])
    assert [c.ssn for c in customers.order_by("pk")] == [str(n) for n in range(20)]
    assert customers.filter(ssn__in=["3", "7"]).count() == 2


def test_an_envelope_names_the_data_key_of_its_column(people, patient, organization, stored):
    key_ids = {column: Envelope.parse(stored(patient, column)).key_id for column in ("ssn", "email")}
    keys = {column: Key.objects.get(short_id=key_id) for column, key_id in key_ids.items()}
    assert {column: key.context_label for column, key in keys.items()} == {
        "ssn": "people.patient.ssn",
        "email": "people.patient.email",
    }
    assert {key.organization_id for key in keys.values()} == {organization}


def test_another_organization_neither_opens_nor_finds(people, patient):
    with organization_scope(uuid.uuid4()):
        assert not people.Patient.objects.filter(ssn="123-45-6789").exists()
        with pytest.raises(DecryptionFailed):
            _ = people.Patient.objects.only("ssn").get().ssn


def test_without_an_organization_nothing_is_sealed_or_searched(people, patient):
    import contextvars

    def alone():
        for use in (lambda: people.Customer(name="x", ssn="1").save(), lambda: people.Customer.objects.filter(ssn="1")):
            with pytest.raises(NoOrganization):
                use()

    contextvars.Context().run(alone)


def test_a_moved_envelope_is_refused(people, patient, organization):
    from django.db import connection

    other = people.Patient.objects.create(organization_id=organization, reference="other", ssn="9")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_patient SET ssn = (SELECT ssn FROM people_patient WHERE id = %s) WHERE id = %s",
            [patient.pk, other.pk],
        )
    with pytest.raises(DecryptionFailed):
        _ = people.Patient.objects.get(pk=other.pk).ssn


class TestNonces:
    """Of one INSERT of many rows they are drawn in one piece; each value has its own all the same (ENV-10)."""

    def made(self, people, organization, count):
        patients = [people.Patient(organization_id=organization, reference=str(n), ssn=str(n)) for n in range(count)]
        customers = [people.Customer(name=str(n), ssn=str(n), notes=str(n)) for n in range(count)]
        return [(people.Patient, patients), (people.Customer, customers)]

    def nonces_of(self, model, stored):
        rows = [(stored(row, "ssn"), stored(row, "notes")) for row in model.objects.all()]
        return [Envelope.parse(envelope).nonce for row in rows for envelope in row]

    def test_no_two_values_share_one(self, people, organization, stored):
        for model, rows in self.made(people, organization, 12):
            model.objects.bulk_create(rows, batch_size=5)
            found = self.nonces_of(model, stored)
            assert len(set(found)) == len(found) == 24
            assert {row.ssn for row in model.objects.all()} == {str(n) for n in range(12)}

    def test_an_insert_of_many_rows_asks_the_system_once(self, people, organization, monkeypatch):
        asked = []
        monkeypatch.setattr("ascend.fields.nonces.urandom", lambda count: asked.append(count) or urandom(count))
        for model, rows in self.made(people, organization, 10):
            model.objects.create(**({"organization_id": organization} if model is people.Patient else {}), ssn="x")
            monkeypatch.setattr("ascend.keychain.sealers.urandom", lambda _: pytest.fail("asked for one value"))
            model.objects.bulk_create(rows, batch_size=5)
            monkeypatch.undo()
            monkeypatch.setattr("ascend.fields.nonces.urandom", lambda count: asked.append(count) or urandom(count))
        assert len(asked) == 4

    def test_values_beyond_those_drawn_draw_their_own(self, people, organization, stored, monkeypatch):
        monkeypatch.setattr("ascend.fields.nonces.MOST", 3)
        for model, rows in self.made(people, organization, 4):
            model.objects.bulk_create(rows)
            assert len(set(self.nonces_of(model, stored))) == 8
