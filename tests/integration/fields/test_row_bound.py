"""A row-bound value opens through its instance and nowhere else, whatever Django does with the instance."""

import copy
import json
import pickle
import uuid

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.forms.models import model_to_dict

from ascend.envelope import DecryptionFailed
from ascend.fields import OperationRefused, Sealed
from ascend.keychain.errors import KeyUnavailable
from ascend.scope import WrongOrganization, organization_scope

SSN = "123-45-6789"


@pytest.fixture
def patient(people, organization):
    made = people.Patient.objects.create(
        organization_id=organization, reference="r", ssn=SSN, email="ada@example.org", date_of_birth="1980-05-17"
    )
    return people.Patient.objects.get(pk=made.pk)


@pytest.fixture
def loose(people, patient):
    """A value that `values()` returned: no instance, no key of its row."""
    return people.Patient.objects.values("ssn").get()["ssn"]


def pickled_back(pickled):
    return pickle.loads(pickled)  # noqa: S301


USES = {
    "str": str,
    "format": lambda value: f"{value}",
    "bytes": bytes,
    "bool": bool,
    "len": len,
    "iterate": list,
    "equal": lambda value: value == SSN,
    "not equal": lambda value: value != SSN,
    "less": lambda value: value < SSN,
    "sort": lambda value: sorted([value, value]),
    "contains": lambda value: "1" in value,
    "in a list": lambda value: value in [SSN],  # noqa: FURB171
    "hash": hash,
    "set": lambda value: {value},
    "add": lambda value: value + "x",
    "join": lambda value: "".join([value]),  # noqa: FLY002
    "json": json.dumps,
    "django json": lambda value: json.dumps(value, cls=DjangoJSONEncoder),
    "index": lambda value: value[0],
}


class TestSealed:
    @pytest.mark.parametrize("name", USES)
    def test_it_is_not_used_as_a_value(self, loose, name):
        with pytest.raises((OperationRefused, TypeError)):
            USES[name](loose)

    def test_its_repr_says_how_to_read_it(self, loose):
        assert isinstance(loose, Sealed)
        assert repr(loose) == (
            '<sealed people.Patient.ssn: read instance.ssn, or use EncryptedQuerySet.values_opened("ssn")>'
        )

    def test_a_template_cannot_print_it(self, loose):
        from django.template import Context, Engine

        with pytest.raises(OperationRefused):
            Engine().from_string("{{ value }}").render(Context({"value": loose}))

    def test_values_opened_opens_it(self, people, patient):
        assert list(people.Patient.objects.values_opened("ssn", "reference")) == [{"ssn": SSN, "reference": "r"}]
        (row,) = people.Patient.objects.filter(ssn=SSN).values_opened("id", "email")
        assert row == {"id": patient.pk, "email": "ada@example.org"}

    def test_given_to_another_instance_it_does_not_open(self, people, patient, loose, organization, savepoint):
        other = people.Patient(organization_id=organization, reference="other", ssn=loose)
        with pytest.raises(DecryptionFailed):
            _ = other.ssn
        with pytest.raises(DecryptionFailed), savepoint():
            other.save()


class TestTheInstance:
    def test_a_value_nobody_reads_is_not_opened(self, people, patient, keyring, organization):
        keyring.revoke(organization)
        read = people.Patient.objects.get(pk=patient.pk)
        assert read.reference == "r"
        with pytest.raises(KeyUnavailable):
            _ = read.ssn
        keyring.restore(organization)
        assert read.ssn == SSN

    def test_it_reads_the_value_once(self, patient, keyring, organization):
        assert patient.ssn == SSN
        keyring.revoke(organization)
        assert patient.ssn == SSN

    def test_vars_and_repr_of_the_state_hold_no_value(self, people, patient, organization):
        assert patient.ssn == SSN
        patient.email = "new@example.org"
        fresh = people.Patient(organization_id=organization, ssn=SSN)
        for instance in (patient, fresh):
            assert SSN not in repr(vars(instance))
            assert "example.org" not in repr(vars(instance))

    def test_pickled_it_is_sealed(self, patient):
        for _ in ("untouched", "opened"):
            pickled = pickle.dumps(patient)
            assert SSN.encode() not in pickled
            assert pickled_back(pickled).ssn == SSN
            assert patient.ssn == SSN

    def test_a_saved_instance_pickles_sealed_and_an_unsaved_one_does_not_pickle(self, people, organization):
        patient = people.Patient(organization_id=organization, reference="r", ssn=SSN)
        with pytest.raises(OperationRefused, match="Save the instance first"):
            pickle.dumps(patient)
        patient.save()
        assert SSN.encode() not in pickle.dumps(patient)
        assert pickled_back(pickle.dumps(patient)).ssn == SSN

    def test_a_pickled_queryset_holds_no_value(self, people, patient):
        assert patient.ssn == SSN
        queryset = people.Patient.objects.filter(ssn=SSN)
        assert [p.ssn for p in queryset] == [SSN]
        pickled = pickle.dumps(queryset)
        assert SSN.encode() not in pickled
        assert pickled_back(pickled)[0].ssn == SSN

    @pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
    def test_a_copy_opens(self, patient, copier):
        assert copier(patient).ssn == SSN
        assert patient.ssn == SSN
        changed = copier(patient)
        changed.ssn = "9"
        assert copier(changed).ssn == "9"
        assert patient.ssn == SSN

    def test_model_to_dict_opens(self, patient):
        assert model_to_dict(patient)["ssn"] == SSN

    @pytest.mark.parametrize("fields", [None, ["ssn"]])
    def test_refresh_from_db_reads_again(self, people, patient, fields):
        other = people.Patient.objects.get(pk=patient.pk)
        other.ssn = "9"
        other.save()
        assert patient.ssn == SSN
        patient.refresh_from_db(fields=fields)
        assert patient.ssn == "9"

    def test_deferred_it_is_fetched_and_opened(self, people, patient):
        for queryset in (people.Patient.objects.defer("ssn"), people.Patient.objects.only("reference")):
            partial = queryset.get()
            assert "ssn" in partial.get_deferred_fields()
            assert partial.ssn == SSN

    def test_only_the_value_needs_no_second_query(self, people, patient, database):
        from django.db import connections
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connections[database]) as captured:
            assert people.Patient.objects.only("ssn").get().ssn == SSN
        assert len(captured) == 1

    def test_in_bulk_and_iterator_open(self, people, patient):
        assert people.Patient.objects.in_bulk([patient.pk])[patient.pk].ssn == SSN
        assert [p.ssn for p in people.Patient.objects.iterator()] == [SSN]

    def test_a_raw_query_opens(self, people, patient):
        assert people.Patient.objects.raw("SELECT * FROM people_patient")[0].ssn == SSN

    def test_signals_see_the_value(self, people, patient):
        from django.db.models.signals import post_save, pre_save

        seen = []

        def look(sender, instance, **_):
            seen.append(instance.ssn)

        for signal in (pre_save, post_save):
            signal.connect(look, sender=people.Patient)
        patient.save()
        for signal in (pre_save, post_save):
            signal.disconnect(look, sender=people.Patient)
        assert seen == [SSN, SSN]

    def test_full_clean_keeps_the_envelope(self, patient, stored):
        before = stored(patient, "ssn")
        patient.full_clean()
        patient.save()
        assert stored(patient, "ssn") == before


class TestWrittenBack:
    def test_untouched_it_is_written_as_it_was_read(self, patient, stored):
        before = stored(patient, "ssn"), stored(patient, "ssn_exact_a")
        patient.reference = "changed"
        patient.save()
        assert (stored(patient, "ssn"), stored(patient, "ssn_exact_a")) == before

    def test_under_a_retired_key_it_is_sealed_anew(self, patient, stored, keyring, organization):
        before = stored(patient, "ssn")
        primary = keyring("people.patient.ssn").rotate(organization)
        patient.save()
        after = stored(patient, "ssn")
        assert after != before
        assert keyring("people.patient.ssn").opener(after[:9]) is primary
        patient.refresh_from_db()
        assert patient.ssn == SSN

    def test_the_copy_idiom_seals_for_the_new_row(self, people, patient):
        original = patient.pk
        patient.pk = uuid.uuid4()
        patient._state.adding = True
        patient.save()
        assert {p.ssn for p in people.Patient.objects.all()} == {SSN}
        assert people.Patient.objects.filter(ssn=SSN).count() == 2
        assert people.Patient.objects.get(pk=original).ssn == SSN

    def test_the_copy_idiom_with_no_key_takes_a_new_one(self, people, patient):
        assert patient.ssn == SSN
        patient.pk = None
        patient._state.adding = True
        patient.save()
        assert {p.ssn for p in people.Patient.objects.all()} == {SSN}
        assert people.Patient.objects.count() == 2

    def test_moved_to_another_organization_it_is_refused(self, people, patient, second_organization, savepoint):
        patient.organization_id = second_organization
        with pytest.raises(WrongOrganization), savepoint():
            patient.save()
        with organization_scope(second_organization), pytest.raises(DecryptionFailed), savepoint():
            patient.save()

    def test_a_value_that_does_not_open_is_not_written_back(self, people, patient, database, savepoint):
        from django.db import connections

        other = people.Patient.objects.create(organization_id=patient.organization_id, reference="other", ssn="other")
        with connections[database].cursor() as cursor:
            key = people.Patient._meta.pk.get_db_prep_value
            pks = [key(p.pk, connections[database]) for p in (other, patient)]
            cursor.execute(
                "UPDATE people_patient SET ssn = (SELECT ssn FROM people_patient WHERE id = %s) WHERE id = %s", pks
            )
        moved = people.Patient.objects.get(pk=patient.pk)
        with pytest.raises(DecryptionFailed), savepoint():
            moved.save()


class TestScope:
    def test_another_organization_does_not_open_it(self, patient, second_organization):
        with organization_scope(second_organization), pytest.raises((WrongOrganization, DecryptionFailed)):
            _ = patient.ssn

    def test_nor_without_the_organization_column(self, people, patient, second_organization):
        partial = people.Patient.objects.only("ssn").get()
        with organization_scope(second_organization), pytest.raises(DecryptionFailed):
            _ = partial.ssn

    def test_values_opened_go_on_for_the_organization_they_began_with(self, people, patient, second_organization):
        rows = people.Patient.objects.values_opened("ssn")
        with organization_scope(second_organization):
            assert next(rows) == {"ssn": SSN}
            assert list(rows) == []


class TestReadAnew:
    """A value that Django copies from a second instance keeps its envelope: it pickles, and is not sealed anew."""

    @pytest.fixture(params=["refresh", "refresh of one field", "deferred", "only"])
    def read_anew(self, request, people, patient):
        if request.param == "deferred":
            found = people.Patient.objects.defer("ssn").get()
        elif request.param == "only":
            found = people.Patient.objects.only("reference", "organization_id").get()
        else:
            found = people.Patient.objects.get()
            found.ssn = "9"
            found.refresh_from_db(fields=["ssn"] if request.param == "refresh of one field" else None)
        assert found.ssn == SSN
        return found

    def test_it_pickles_sealed(self, read_anew):
        pickled = pickle.dumps(read_anew)
        assert SSN.encode() not in pickled
        assert pickled_back(pickled).ssn == SSN

    def test_it_is_written_back_as_it_was_read(self, read_anew, stored):
        before = stored(read_anew, "ssn"), stored(read_anew, "ssn_exact_a")
        read_anew.save()
        assert (stored(read_anew, "ssn"), stored(read_anew, "ssn_exact_a")) == before

    def test_what_is_assigned_afterwards_is_written(self, people, read_anew):
        read_anew.ssn = "7"
        read_anew.save()
        assert people.Patient.objects.get(ssn="7").ssn == "7"

    def test_a_value_given_meanwhile_is_assigned(self, people, patient, organization):
        """The copy of another row's value is no copy of this row's."""
        other = people.Patient.objects.create(organization_id=organization, reference="o", ssn=SSN)
        patient.ssn = other.ssn
        with pytest.raises(OperationRefused):
            pickle.dumps(patient)
