"""Values under keys of persons: written, read, searched, moved and refused."""

import pickle
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from ascend.envelope import DecryptionFailed, Suite
from ascend.fields import OperationRefused
from ascend.keychain import keyring, short_ids, subject_shelf
from ascend.keychain.errors import KeyDamaged, KeyTampered
from ascend.keychain.models import Key
from ascend.keychain.subject_models import SubjectKey
from ascend.scope import WrongOrganization, organization_scope

pytestmark = pytest.mark.django_db(databases=["default", "person_keys"])


def keys():
    from tests.integration.shredding.conftest import KEYS

    return SubjectKey.objects.using(KEYS)


def write(instance, column, octets):
    with connections["default"].cursor() as cursor:
        table = type(instance)._meta.db_table
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [octets, instance.pk])  # noqa: S608


def test_a_value_comes_back_and_is_found(shop, customer):
    read = shop.Customer.objects.get(pk=customer.pk)
    assert (read.ssn, read.email) == ("123-45-6789", "ada@example.org")
    assert shop.Customer.objects.get(ssn="123-45-6789") == customer
    assert shop.Customer.objects.get(ssn__last4="6789") == customer


def test_all_fields_of_a_person_are_under_one_key_of_suite_03(shop, customer, organization, stored):  # KC-61 KC-63
    order = shop.Order.objects.create(organization_id=organization, customer=customer, address="1 Main Street")
    headers = {value[:9] for value in [*stored(customer, "ssn", "email"), stored(order, "address")]}
    assert len(headers) == 1
    header = headers.pop()
    row = keys().get()
    assert header == bytes([Suite.XAES_256_GCM]) + bytes(row.short_id)
    assert (row.subject_id, row.organization_id, row.primary) == (customer.pk, organization, True)


def test_a_new_process_opens_what_an_old_one_sealed(shop, customer):
    keyring.close()
    assert shop.Customer.objects.get(pk=customer.pk).ssn == "123-45-6789"


def test_the_ids_of_the_two_tables_never_meet():  # KC-3 KC-67
    assert not any(short_ids.names_subject(short_ids.of_label_key()) for _ in range(1000))
    assert all(short_ids.names_subject(short_ids.of_subject_key()) for _ in range(1000))


def test_no_key_of_a_person_is_in_the_main_database(shop, customer):  # KC-60
    assert keys().count() == 1
    assert set(Key.objects.filter(level=4).values_list("purpose", flat=True)) == {"blind-index"}
    assert Key.objects.filter(level=3, purpose="subjects").count() == 1


def test_updates_seal_for_the_same_person(shop, customer, stored):
    header = stored(customer, "ssn")[:9]
    customer.ssn = "987-65-4321"
    customer.save(update_fields=["ssn"])
    assert shop.Customer.objects.get(ssn="987-65-4321").ssn == "987-65-4321"
    assert stored(customer, "ssn")[:9] == header
    assert keys().count() == 1


def test_a_value_that_was_only_read_is_written_back_as_it_was(shop, customer, stored):
    before = stored(customer, "ssn", "email")
    read = shop.Customer.objects.get(pk=customer.pk)
    read.number = "2"
    read.save()
    assert stored(customer, "ssn", "email") == before


def test_bulk_update_knows_whose_rows_it_writes(shop, customer, organization, stored):
    other = shop.Customer.objects.create(organization_id=organization, number="2", ssn="1")
    orders = [
        shop.Order.objects.create(organization_id=organization, customer=who, address="a") for who in (customer, other)
    ]
    for order in orders:
        order.address, order.status = f"of {order.customer.number}", "sent"
    mine = shop.Order.objects.filter(organization_id=organization)
    assert mine.bulk_update(orders, ["address", "status"]) == 2
    assert [order.address for order in mine.order_by("customer__number")] == ["of 1", "of 2"]
    assert stored(orders[0], "address")[:9] != stored(orders[1], "address")[:9]
    assert stored(orders[1], "address")[:9] == stored(other, "ssn")[:9]
    assert set(mine.values_list("status", flat=True)) == {"sent"}


def test_an_update_that_does_not_know_whose_rows_it_writes_is_refused(shop, customer, organization):
    from django.db.models import QuerySet

    plain = QuerySet(shop.Customer).filter(organization_id=organization)
    customer.ssn = "1"
    with pytest.raises(OperationRefused, match="EncryptedManager"):
        plain.bulk_update([customer], ["ssn"])
    with pytest.raises(OperationRefused, match="row-bound"):
        shop.Customer.objects.filter(organization_id=organization).update(ssn="1")


def test_update_to_null_clears_the_value_and_its_indexes(shop, customer, organization, stored):
    assert shop.Customer.objects.filter(organization_id=organization).update(ssn=None) == 1
    assert stored(customer, "ssn", "ssn_exact_a", "ssn_last4_a") == [None, None, None]


def test_a_row_that_is_given_to_another_person_is_sealed_anew(shop, customer, organization, stored):
    other = shop.Customer.objects.create(organization_id=organization, number="2", ssn="1")
    order = shop.Order.objects.create(organization_id=organization, customer=customer, address="1 Main Street")
    order = shop.Order.objects.get(pk=order.pk)
    order.customer = other
    order.save()
    assert stored(order, "address")[:9] == stored(other, "ssn")[:9]
    assert shop.Order.objects.get(pk=order.pk).address == "1 Main Street"


def test_update_does_not_give_rows_to_another_person(shop, customer):
    for change in ({"customer": customer}, {"customer_id": customer.pk}):
        with pytest.raises(OperationRefused, match="another person"):
            shop.Order.objects.update(**change)


def test_an_upsert_does_not_leave_a_value_under_another_persons_key(shop, customer, organization):
    order = shop.Order(organization_id=organization, customer=customer, address="x")
    upsert = {"update_conflicts": True, "unique_fields": ["id"]}
    with pytest.raises(OperationRefused, match="another person"):
        shop.Order.objects.bulk_create([order], update_fields=["address"], **upsert)
    shop.Order.objects.bulk_create([order], update_fields=["address", "customer"], **upsert)
    assert shop.Order.objects.get().address == "x"


def test_a_value_of_nobody_is_refused(shop, organization):
    with pytest.raises(OperationRefused, match="of nobody"), transaction.atomic():
        shop.Order.objects.create(organization_id=organization, address="x")
    assert shop.Order.objects.create(organization_id=organization).address is None


def test_a_value_that_was_moved_to_another_persons_row_does_not_open(shop, customer, organization, stored):  # KC-61
    other = shop.Customer.objects.create(organization_id=organization, number="2", ssn="1", email="e@example.org")
    write(other, "ssn", stored(customer, "ssn"))
    write(other, "email", stored(other, "ssn"))
    read = shop.Customer.objects.get(pk=other.pk)
    for column in ("ssn", "email"):
        with pytest.raises(DecryptionFailed):
            getattr(read, column)


def test_every_changed_byte_is_refused(shop, customer, stored):
    envelope = stored(customer, "ssn")
    for position in range(len(envelope)):
        changed = bytearray(envelope)
        changed[position] ^= 1
        write(customer, "ssn", bytes(changed))
        with pytest.raises(DecryptionFailed):
            _ = shop.Customer.objects.get(pk=customer.pk).ssn


def test_another_organization_opens_nothing_and_saves_nothing(shop, customer, other_organization):
    held = shop.Customer.objects.only("ssn").get(pk=customer.pk)
    with organization_scope(other_organization):
        with pytest.raises(DecryptionFailed):
            _ = held.ssn
        with pytest.raises(WrongOrganization):
            customer.save()
    assert held.ssn == "123-45-6789"


def test_two_organizations_have_two_keys_of_the_same_person(shop, customer, other_organization, stored):
    with organization_scope(other_organization):
        order = shop.Order.objects.create(organization_id=other_organization, customer=customer, address="x")
        assert shop.Order.objects.get(pk=order.pk).address == "x"
    assert stored(order, "address")[:9] != stored(customer, "ssn")[:9]
    assert keys().filter(subject_id=customer.pk).count() == 2


def test_a_key_whose_row_was_changed_opens_nothing(shop, customer, organization):  # KC-62
    row = keys().get()
    keyring.close()
    keys().update(subject_id=uuid.uuid4())
    with pytest.raises(KeyTampered, match=str(row.id)):
        _ = shop.Customer.objects.get(pk=customer.pk).ssn


def test_a_wrapped_key_of_another_person_does_not_unwrap(shop, customer, organization):  # KC-62
    from ascend.keychain import subject_rows

    other = shop.Customer.objects.create(organization_id=organization, number="2", ssn="1")
    first, second = keys().get(subject_id=customer.pk), keys().get(subject_id=other.pk)
    first.wrapped, first.check_value = second.wrapped, second.check_value
    subject_rows.reseal(first)
    first.save()
    keyring.close()
    rows = list(shop.Customer.objects.order_by("number"))
    with pytest.raises(KeyDamaged, match=str(first.id)):
        _ = rows[0].ssn
    assert rows[1].ssn == "1"


def test_values_opened_and_values(shop, customer):
    assert list(shop.Customer.objects.values_opened("ssn")) == [{"ssn": "123-45-6789"}]
    (held,) = shop.Customer.objects.values_list("ssn", flat=True)
    with pytest.raises(OperationRefused):
        str(held)


def test_a_pickled_row_opens_later_and_holds_no_plaintext(shop, customer):
    for read in (shop.Customer.objects.get(pk=customer.pk), customer):
        assert read.ssn
        pickled = pickle.dumps(read)
        assert b"6789" not in pickled
        assert pickle.loads(pickled).ssn == "123-45-6789"  # noqa: S301
    unread = pickle.dumps(shop.Customer.objects.get(pk=customer.pk))
    assert pickle.loads(unread).ssn == "123-45-6789"  # noqa: S301


def test_deferred_refreshed_and_related(shop, customer, organization):
    shop.Order.objects.create(organization_id=organization, customer=customer, address="1 Main Street")
    assert shop.Customer.objects.defer("ssn").get(pk=customer.pk).ssn == "123-45-6789"
    assert shop.Order.objects.select_related("customer").get().customer.ssn == "123-45-6789"
    assert shop.Customer.objects.prefetch_related("orders").get().orders.all()[0].address == "1 Main Street"
    customer.refresh_from_db()
    assert customer.ssn == "123-45-6789"


def test_get_or_create_and_update_or_create(shop, organization):
    pk = uuid.uuid4()
    defaults = {"organization_id": organization, "number": "9", "ssn": "1"}
    assert shop.Customer.objects.get_or_create(pk=pk, defaults=defaults)[1]
    row, made = shop.Customer.objects.update_or_create(pk=pk, defaults={"ssn": "2"})
    assert (shop.Customer.objects.get(pk=pk).ssn, made) == ("2", False)
    assert row.ssn == "2"


def test_dumpdata_writes_no_value(shop, customer):
    with pytest.raises(CommandError, match="Customer"):
        call_command("dumpdata", "shop")


def test_a_value_from_before_the_column_had_shred_with_still_opens(shop, customer, organization, stored):
    from ascend.envelope import row_part

    field = shop.Customer._meta.get_field("ssn")
    old = keyring.field_keys(field.context).sealer(organization).seal(b"old", row_part(customer.pk))
    write(customer, "ssn", old)
    read = shop.Customer.objects.get(pk=customer.pk)
    assert read.ssn == "old"
    read.save()
    assert short_ids.names_subject(stored(customer, "ssn")[1:9])
    assert shop.Customer.objects.get(pk=customer.pk).ssn == "old"


def test_no_more_than_the_limit_is_held(shop, organization, monkeypatch):  # KC-64
    monkeypatch.setattr(subject_shelf, "LIMIT", 10)
    rows = [shop.Customer(organization_id=organization, number=str(n), ssn=str(n)) for n in range(25)]
    shop.Customer.objects.bulk_create(rows)
    assert subject_shelf.size() == 10
    assert {row.ssn for row in shop.Customer.objects.all()} == {row.ssn for row in rows}
    assert subject_shelf.size() == 10
    keyring.close()
    assert subject_shelf.size() == 0
