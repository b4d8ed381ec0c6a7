"""While values move: each is read in whichever form it has, and each write leaves the new form only."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import connections, transaction
from django.db.models import Q
from django.forms import modelform_factory

from ascend.envelope import DecryptionFailed
from ascend.fields import OperationRefused, WindowClosed, watermarks
from ascend.scope import NoOrganization, organization_scope

SSN = "123-45-6789"


@pytest.fixture
def ada(old_customer):
    return old_customer("Ada", SSN, "likes tea")


def moved(row):
    old, envelope, digest = row
    return old is None and len(envelope) == 48 and len(digest) == 16


class TestReading:
    def test_an_old_value_is_read_in_every_way(self, shop, ada):
        # WIN-2
        objects = shop.Customer.objects
        shop.Order.objects.create(customer_id=ada)
        assert objects.get().ssn == SSN
        assert objects.values_list("ssn", flat=True)[0] == SSN
        assert objects.values("ssn", "notes").get() == {"ssn": SSN, "notes": "likes tea"}
        assert objects.only("ssn").get().ssn == SSN
        assert objects.defer("ssn").get().ssn == SSN
        assert objects.in_bulk()[ada].ssn == SSN
        assert [row.ssn for row in objects.iterator()] == [SSN]
        assert shop.Order.objects.select_related("customer").get().customer.ssn == SSN
        assert shop.Order.objects.values_list("customer__ssn", flat=True).get() == SSN
        assert shop.Order.objects.prefetch_related("customer").get().customer.ssn == SSN
        assert next(iter(objects.values_opened("ssn"))) == {"ssn": SSN}
        row = objects.get()
        row.refresh_from_db()
        assert row.ssn == SSN

    def test_no_instance_holds_the_old_value_under_the_old_name(self, shop, ada):
        # WIN-5
        row = shop.Customer.objects.get()
        assert row.ssn_old is None
        assert "ssn_old" not in row.__dict__
        assert "ssn_old" not in modelform_factory(shop.Customer, fields="__all__").base_fields

    def test_null_in_both_is_none_and_no_reader_sees_it(self, shop, old_customer):
        # WIN-2
        old_customer("Eve", None)
        assert shop.Customer.objects.get().ssn is None

    def test_the_empty_text_is_a_value(self, shop, old_customer):
        old_customer("Eve", "")
        assert shop.Customer.objects.get().ssn == ""
        assert shop.Customer.objects.filter(ssn="").count() == 1

    def test_the_new_column_never_reaches_a_reader(self, shop, ada, raw):
        # WIN-3
        for forged in (b"O123-45-6789", b"O", b"N", b"", b"123-45-6789"):
            raw("UPDATE moving_shop_customer SET ssn_sealed = %s, ssn = NULL", forged)
            with pytest.raises(DecryptionFailed):
                shop.Customer.objects.get()

    def test_an_envelope_is_read_although_an_old_value_stands_beside_it(self, shop, ada, raw):
        shop.Customer.objects.get().save()
        raw("UPDATE moving_shop_customer SET ssn = 'forged'")
        assert shop.Customer.objects.get().ssn == SSN
        assert not shop.Customer.objects.filter(ssn="forged").exists()

    def test_raw_sql_refuses_what_it_cannot_see(self, shop, ada):
        # WIN-9
        sealed = "SELECT id, name, ssn_sealed FROM moving_shop_customer"
        for statement in ("SELECT * FROM moving_shop_customer", sealed):
            with pytest.raises(OperationRefused):
                list(shop.Customer.objects.raw(statement))
        shop.Customer.objects.get().save()
        assert shop.Customer.objects.raw(sealed)[0].ssn == SSN

    def test_the_old_column_is_in_no_query(self, shop, ada):
        with pytest.raises(FieldError):
            list(shop.Customer.objects.filter(ssn_old__isnull=False))
        with pytest.raises(FieldError):
            list(shop.Customer.objects.values("ssn_old"))

    def test_nothing_is_read_without_an_organization(self, shop, ada):
        from ascend import scope

        token = scope._organization.set(None)
        try:
            with pytest.raises(NoOrganization):
                shop.Customer.objects.get()
        finally:
            scope._organization.reset(token)

    def test_a_closed_window_makes_an_old_value_an_alarm(self, shop, ada, caplog, django_capture_on_commit_callbacks):
        # WIN-11
        from django.utils import timezone

        shop.Customer.objects.create(name="Bob", ssn="new")
        watermarks.ClosedWindow.objects.create(label="moving_shop.customer.ssn", closed_at=timezone.now())
        watermarks.forget()
        with caplog.at_level("INFO"), pytest.raises(WindowClosed) as refusal:
            shop.Customer.objects.get(name="Ada")
        assert SSN not in str(refusal.value)
        assert shop.Customer.objects.get(name="Bob").ssn == "new"


class TestWriting:
    @pytest.fixture
    def check(self, shop, ada, columns):
        def run(value=SSN, name="Ada"):
            assert moved(columns(name))
            assert shop.Customer.objects.get(name=name).ssn == value
            assert shop.Customer.objects.get(ssn=value).name == name

        return run

    def test_save_moves_the_value(self, shop, check, raw):
        # WIN-4
        shop.Customer.objects.get().save()
        check()
        assert raw("SELECT notes FROM moving_shop_customer") == [(None,)]

    def test_save_of_other_fields_leaves_it(self, shop, ada, columns):
        row = shop.Customer.objects.get()
        row.save(update_fields=["name"])
        assert columns("Ada") == (SSN, None, None)

    def test_a_deferred_value_is_not_lost(self, shop, ada, columns):
        # WIN-4
        for row in (shop.Customer.objects.defer("ssn").get(), shop.Customer.objects.only("name").get()):
            row.save()
            assert columns("Ada") == (SSN, None, None)

    def test_update_fields_moves_it(self, shop, check):
        shop.Customer.objects.get().save(update_fields=["ssn"])
        check()

    def test_update_replaces_it(self, shop, check):
        shop.Customer.objects.update(ssn="999-99-9999")
        check("999-99-9999")

    def test_update_to_none_clears_both(self, shop, ada, columns, raw):
        shop.Customer.objects.update(ssn=None, notes=None)
        assert columns("Ada") == (None, None, None)
        assert raw("SELECT notes, notes_sealed FROM moving_shop_customer") == [(None, None)]

    def test_bulk_update_moves_it(self, shop, check):
        rows = list(shop.Customer.objects.all())
        shop.Customer.objects.bulk_update(rows, ["ssn"])
        check()

    def test_update_or_create_finds_and_moves_it(self, shop, check):
        _, created = shop.Customer.objects.update_or_create(ssn=SSN, defaults={"name": "Ada L."})
        assert not created
        check(name="Ada L.")

    def test_get_or_create_finds_the_old_value(self, shop, ada):
        row, created = shop.Customer.objects.get_or_create(ssn=SSN, defaults={"name": "another"})
        assert (row.pk, created) == (ada, False)

    def test_an_upsert_clears_the_old_value(self, shop, ada, check, database):
        row = shop.Customer(pk=ada, name="Ada", ssn="888-88-8888")
        named = ["id"] if connections[database].features.supports_update_conflicts_with_target else None
        shop.Customer.objects.bulk_create([row], update_conflicts=True, update_fields=["ssn"], unique_fields=named)
        check("888-88-8888")

    def test_bulk_create_and_create_write_the_new_form_only(self, shop, ada, columns):
        shop.Customer.objects.create(name="Bob", ssn="111-11-1111")
        shop.Customer.objects.bulk_create([shop.Customer(name="Cy", ssn="222-22-2222")])
        assert moved(columns("Bob"))
        assert moved(columns("Cy"))

    def test_the_old_column_takes_no_value(self, shop, ada, columns, database):
        with pytest.raises(FieldError), transaction.atomic(using=database):  # from Django 6.0 on it refuses by itself
            shop.Customer.objects.update(ssn_old="plain")
        assert columns("Ada")[0] == SSN

    def test_a_required_field_stays_required(self, shop):
        with pytest.raises(ValidationError) as error:
            shop.Customer(name="x").full_clean()
        assert "ssn" in error.value.message_dict


class TestSearching:
    @pytest.fixture(autouse=True)
    def _three(self, shop, ada, old_customer):
        shop.Customer.objects.create(name="Bob", ssn="111-11-1111")
        old_customer("Nil", None)

    def names(self, shop, *args, **kwargs):
        return sorted(shop.Customer.objects.filter(*args, **kwargs).values_list("name", flat=True))

    def test_equality_finds_both_forms(self, shop):
        # WIN-8
        assert self.names(shop, ssn=SSN) == ["Ada"]
        assert self.names(shop, ssn="111-11-1111") == ["Bob"]
        assert self.names(shop, ssn__in=[SSN, "111-11-1111", "none"]) == ["Ada", "Bob"]
        assert self.names(shop, ssn__in=[]) == []
        assert self.names(shop, ssn__isnull=True) == ["Nil"]
        assert self.names(shop, ssn=None) == ["Nil"]
        assert self.names(shop, ssn__isnull=False) == ["Ada", "Bob"]

    def test_exclude_is_its_complement(self, shop):
        everyone = {"Ada", "Bob", "Nil"}
        for condition in ({"ssn": SSN}, {"ssn__in": [SSN]}, {"ssn__isnull": True}, {"ssn": "111-11-1111"}):
            found = set(self.names(shop, **condition))
            left = set(shop.Customer.objects.exclude(**condition).values_list("name", flat=True))
            assert found | left == everyone
            assert not found & left
        assert self.names(shop, ~Q(ssn=SSN) & Q(ssn__isnull=False)) == ["Bob"]

    def test_relations_and_aggregates_are_followed(self, shop, ada):
        shop.Order.objects.create(customer_id=ada)
        assert shop.Order.objects.filter(customer__ssn=SSN).count() == 1
        assert shop.Order.objects.exclude(customer__ssn=SSN).count() == 0
        from django.db.models import Count

        rows = shop.Customer.objects.annotate(n=Count("orders")).filter(ssn=SSN)
        assert [(row.n, row.ssn) for row in rows] == [(1, SSN)]
        assert shop.Customer.objects.filter(pk__in=shop.Customer.objects.filter(ssn=SSN).values("pk")).count() == 1
        assert shop.Customer.objects.distinct().count() == 3

    def test_what_only_an_index_answers_is_refused_with_the_way_out(self, shop):
        # WIN-8
        for lookup in ({"ssn__last4": "6789"}, {"ssn__last4__in": ["6789"]}):
            with pytest.raises(OperationRefused, match="protect_column"):
                list(shop.Customer.objects.filter(**lookup))
        with pytest.raises(OperationRefused):
            list(shop.Customer.objects.order_by("ssn"))
        with pytest.raises(OperationRefused):
            list(shop.Customer.objects.filter(notes__contains="tea"))

    def test_uniqueness_counts_old_values_in_a_form(self, shop):
        with pytest.raises(ValidationError) as error:
            shop.Customer(name="x", ssn=SSN).full_clean()
        assert "ssn" in error.value.message_dict


class TestRowBound:
    @pytest.fixture
    def patient(self, shop, raw, organization, database):
        pk = uuid.uuid4()
        prepare = shop.Patient._meta.pk.get_db_prep_value
        raw(
            "INSERT INTO moving_shop_patient (id, organization_id, ssn_old) VALUES (%s, %s, %s)",
            prepare(pk, connections[database]), prepare(organization, connections[database]), SSN,
        )  # fmt: skip
        return pk

    def test_it_is_read_from_the_instance_and_moves_with_it(self, shop, patient, raw):
        row = shop.Patient.objects.get()
        assert SSN not in repr(row.__dict__)
        assert row.ssn == SSN
        row.save()
        ((old, new),) = raw("SELECT ssn_old, ssn FROM moving_shop_patient")
        assert (old, len(new)) == (None, 48)
        assert shop.Patient.objects.get(ssn=SSN).ssn == SSN

    def test_it_moves_although_nobody_read_it(self, shop, patient, raw):
        shop.Patient.objects.get().save()
        assert raw("SELECT ssn_old FROM moving_shop_patient") == [(None,)]
        assert shop.Patient.objects.get().ssn == SSN

    def test_values_are_not_used_unopened(self, shop, patient):
        held = shop.Patient.objects.values_list("ssn", flat=True).get()
        with pytest.raises(OperationRefused):
            str(held)
        assert SSN not in repr(held)
        assert list(shop.Patient.objects.values_opened("ssn")) == [{"ssn": SSN}]

    def test_another_organization_does_not_read_it(self, shop, patient, second_organization):
        from ascend.scope import WrongOrganization

        with organization_scope(second_organization), pytest.raises(WrongOrganization):
            _ = shop.Patient.objects.get().ssn

    def test_it_is_not_pickled(self, shop, patient):
        import pickle

        with pytest.raises(OperationRefused):
            pickle.dumps(shop.Patient.objects.get())


class TestEveryType:
    VALUES = {
        "whole": -(2**60),
        "real": 0.1 + 0.2,
        "amount": Decimal("1234567.50"),
        "flag": False,
        "day": dt.date(1980, 5, 17),
        "moment": dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC),
        "hour": dt.time(23, 59, 1, 20),
        "span": dt.timedelta(days=-400, microseconds=7),
        "token": uuid.UUID(int=2**127 + 5),
        "address": "2001:db8::1",
        "document": {"a": [1, None, "ß"], "b": 0.1},
        "octets": b"\x00\xffO'",
    }

    def test_a_plain_column_of_the_type_is_read_as_django_read_it(self, shop, database, raw):
        connection = connections[database]
        names = [f"{name}_old" for name in self.VALUES]
        meta = shop.Kinds._meta
        values = [
            meta.get_field(f"{name}_old").holds.get_db_prep_save(value, connection)
            for name, value in self.VALUES.items()
        ]
        marks = ", ".join(["%s"] * len(names))
        raw(f"INSERT INTO moving_shop_kinds ({', '.join(names)}) VALUES ({marks})", *values)
        row = shop.Kinds.objects.get()
        assert {name: getattr(row, name) for name in self.VALUES} == self.VALUES
        assert shop.Kinds.objects.values(*self.VALUES).get() == self.VALUES
        row.save()
        assert raw(f"SELECT {', '.join(names)} FROM moving_shop_kinds") == [(None,) * len(names)]
        again = shop.Kinds.objects.get()
        assert {name: getattr(again, name) for name in self.VALUES} == self.VALUES
