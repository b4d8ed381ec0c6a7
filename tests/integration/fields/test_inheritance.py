"""Abstract, multi-table and proxy models each find their columns, labels and indexes."""

import pytest

from ascend.fields import EncryptedCharField, IndexColumn


def test_each_child_of_an_abstract_model_has_its_own_label(people):
    assert people.Supplier._meta.get_field("phone").context == "people.supplier.phone"
    assert people.Employee._meta.get_field("phone").context == "people.employee.phone"


def test_a_label_that_is_written_stays(people):
    assert people.Employee._meta.get_field("badge").context == "people.worker.badge"


@pytest.mark.parametrize("name", ["Supplier", "Employee", "Manager", "Junior"])
def test_it_writes_reads_and_searches(people, name):
    model = getattr(people, name)
    model.objects.create(phone="+49 (30) 1234")
    assert model.objects.get(phone__digits="49301234").phone == "+49 (30) 1234"
    instance = model.objects.get()
    instance.phone = "5"
    instance.save()
    assert model.objects.get(phone__digits="5").phone == "5"


def test_a_multi_table_child_writes_both_tables(people):
    manager = people.Manager.objects.create(phone="1", badge="b", bonus="100")
    people.Manager.objects.filter(pk=manager.pk).update(phone="2", bonus="200")
    read = people.Manager.objects.get(phone__digits="2")
    assert (read.bonus, read.badge) == ("200", "b")
    assert people.Employee.objects.get(pk=manager.pk).phone == "2"
    people.Manager.objects.bulk_update([read], ["bonus"])


def test_the_columns_are_made_once(people):
    names = [field.name for field in people.Customer._meta.local_fields]
    assert len(names) == len(set(names))
    assert {f.name for f in people.Customer._meta.local_fields if isinstance(f, IndexColumn)} >= {
        "ssn_exact_a", "ssn_exact_b", "ssn_last4_a", "ssn_last4_b",
    }  # fmt: skip


def test_the_label_is_where_keys_are_made_for(people, keyring):
    people.Employee.objects.create(phone="1", badge="b")
    assert set(keyring._columns) >= {"people.employee.phone", "people.worker.badge"}


def test_a_field_is_its_own_kind(people):
    field = people.Customer._meta.get_field("ssn")
    assert isinstance(field, EncryptedCharField)
    assert field.get_internal_type() == "BinaryField"
