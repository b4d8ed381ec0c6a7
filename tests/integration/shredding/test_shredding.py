"""Destroying the key of one person, within one process: order, refusals, what is left, and the certificate."""

import datetime as dt
import json
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.utils import timezone

from ascend.authority import NotAuthorized
from ascend.envelope import row_part
from ascend.keychain import certificates, keyring, restored_keys, shred_rows, shredding
from ascend.keychain.errors import (
    CertificateInvalid,
    KeyTampered,
    NotShreddable,
    NotYetCompleted,
    Shredded,
    UnknownSubject,
)
from ascend.keychain.models import Key, Revocation
from ascend.keychain.states import State
from ascend.keychain.subject_models import Shred, ShreddedKey, SubjectKey
from ascend.scope import organization_scope
from tests.integration.shredding.conftest import KEYS

pytestmark = pytest.mark.django_db(databases=["default", "person_keys"])
NOW = timezone.now()
LATER = NOW + dt.timedelta(minutes=10)


def keys():
    return SubjectKey.objects.using(KEYS)


@pytest.fixture
def shred(organization, customer):
    """Shred the customer, or whom the test says."""

    def call(**options):
        options = {"organization_id": organization, "subject_id": customer.pk, "approved_by": "Alice", **options}
        return shredding.shred(**options)

    return call


@pytest.fixture
def completed(shred):
    record = shred(now=NOW)
    return shredding.advance(record, now=LATER)


def write(instance, column, octets):
    with connections["default"].cursor() as cursor:
        table = type(instance)._meta.db_table
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [octets, instance.pk])  # noqa: S608


class TestAfterwards:
    def test_every_value_of_the_person_is_refused_with_the_date(self, shop, customer, organization, shred):  # KC-75
        order = shop.Order.objects.create(organization_id=organization, customer=customer, address="1 Main Street")
        shred(now=NOW)
        for held, column in [(customer, "ssn"), (customer, "email"), (order, "address")]:
            read = type(held).objects.get(pk=held.pk)
            with pytest.raises(Shredded, match=f"{NOW:%Y-%m-%d %H:%M:%S}") as refusal:
                getattr(read, column)
            assert refusal.value.subject_id == customer.pk
        with pytest.raises(Shredded):
            list(shop.Customer.objects.values_opened("ssn"))

    def test_it_is_refused_for_a_row_that_was_opened_before(self, shop, customer, shred):
        held = shop.Customer.objects.get(pk=customer.pk)
        other = shop.Customer.objects.get(pk=customer.pk)
        assert held.ssn
        shred()
        assert held.ssn  # what a program holds in its memory it holds
        with pytest.raises(Shredded):
            _ = other.ssn
        with pytest.raises(Shredded):
            held.save()

    def test_nobody_finds_the_person(self, shop, customer, stored, shred):  # KC-72
        shred()
        assert stored(customer, "ssn_exact_a", "ssn_last4_a", "ssn_exact_b") == [None, None, None]
        assert not shop.Customer.objects.filter(ssn="123-45-6789").exists()
        assert not shop.Customer.objects.filter(ssn__last4="6789").exists()

    def test_the_key_is_erased_and_its_row_stays(self, customer, shred, organization):  # KC-72
        shred(now=NOW)
        row = keys().get()
        assert (row.wrapped, row.state, row.primary, row.destroyed_at) == (None, State.DESTROYED, False, NOW)

    def test_others_are_untouched(self, shop, customer, organization, other_organization, stored, shred):
        other = shop.Customer.objects.create(organization_id=organization, number="2", ssn="1", email="b@example.org")
        with organization_scope(other_organization):
            same = shop.Order.objects.create(organization_id=other_organization, customer=customer, address="theirs")
        shred()
        assert shop.Customer.objects.get(pk=other.pk).ssn == "1"
        assert shop.Customer.objects.get(ssn="1") == other
        with organization_scope(other_organization):
            assert shop.Order.objects.get(pk=same.pk).address == "theirs"

    def test_other_columns_are_written_and_the_value_can_be_cleared(self, shop, customer, shred):
        shred()
        row = shop.Customer.objects.get(pk=customer.pk)
        row.number = "gone"
        row.save(update_fields=["number"])
        with pytest.raises(Shredded), transaction.atomic():
            row.save()
        shop.Customer.objects.filter(pk=row.pk, organization_id=row.organization_id).update(ssn=None)
        assert shop.Customer.objects.get(pk=row.pk).ssn is None

    def test_nothing_new_is_written_for_the_person(self, shop, customer, organization, shred):
        shred()
        row = shop.Customer.objects.get(pk=customer.pk)
        row.ssn = "1"
        with pytest.raises(Shredded), transaction.atomic():
            row.save(update_fields=["ssn"])
        orders = [shop.Order(organization_id=organization, customer=customer, address="x")]
        with pytest.raises(Shredded), transaction.atomic():
            shop.Order.objects.bulk_create(orders)
        with pytest.raises(Shredded):
            shop.Customer.objects.filter(organization_id=organization).bulk_update([row], ["ssn"])

    def test_writing_begins_anew_only_if_somebody_asked_for_it(self, shop, customer, organization, completed, stored):
        old = stored(customer, "ssn")
        shredding.renew(organization_id=organization, subject_id=customer.pk, approved_by="Bob")
        row = shop.Customer.objects.get(pk=customer.pk)
        row.ssn = "new"
        row.save(update_fields=["ssn"])
        assert shop.Customer.objects.get(ssn="new").ssn == "new"
        write(customer, "ssn", old)
        with pytest.raises(Shredded):
            _ = shop.Customer.objects.get(pk=customer.pk).ssn

    def test_a_renewed_person_is_shredded_once_more(self, shop, customer, organization, completed, shred):
        shredding.renew(organization_id=organization, subject_id=customer.pk, approved_by="Bob")
        row = shop.Customer.objects.get(pk=customer.pk)
        row.ssn = row.email = "new"
        row.save()
        second = shred(now=LATER)
        assert second.pk != completed.pk
        with pytest.raises(Shredded):
            _ = shop.Customer.objects.get(pk=customer.pk).ssn
        assert keys().filter(state=State.ACTIVE).count() == 0

    def test_renewing_is_for_those_whose_shredding_has_ended(self, customer, organization, shred):
        renewal = {"organization_id": organization, "subject_id": customer.pk, "approved_by": "Bob"}
        with pytest.raises(UnknownSubject):
            shredding.renew(**renewal)
        shred(now=NOW)
        with pytest.raises(NotYetCompleted):
            shredding.renew(**renewal)


class TestSteps:
    def test_success_is_not_reported_before_the_last_lease_has_ended(self, customer, shred):  # KC-73
        record = shred(now=NOW)
        assert record.step == Shred.Step.ERASED
        early = NOW + dt.timedelta(seconds=record.lease_seconds - 1)
        assert shredding.advance(record, now=early).step == Shred.Step.ERASED
        with pytest.raises(NotYetCompleted):
            certificates.issue(record)
        in_time = NOW + dt.timedelta(seconds=record.lease_seconds)
        assert shredding.advance(record, now=in_time).step == Shred.Step.COMPLETED

    def test_what_was_filled_under_an_old_lease_is_cleared_at_the_end(self, shop, customer, stored, shred):  # KC-73
        record = shred(now=NOW)
        write(customer, "ssn_exact_a", b"late")
        shredding.advance(record, now=LATER)
        assert stored(customer, "ssn_exact_a") is None

    def test_every_process_looks_again(self, customer, organization, shred):  # KC-71
        before = Revocation.objects.get(organization_id=organization).epoch
        shred()
        assert Revocation.objects.get(organization_id=organization).epoch >= before + 2

    def test_its_events_are_those_of_its_steps(self, customer, organization, journal, shred):  # KC-77
        journal.clear()
        shredding.advance(shred(now=NOW), now=LATER)
        shredding.renew(organization_id=organization, subject_id=customer.pk, approved_by="Bob")
        told = [
            (event, details["subject_id"]) for event, of, details in journal if of == organization and "shred" in event
        ]
        steps = ["request", "erase", "complete", "renew"]
        assert told == [(f"keychain:shred:{step}", str(customer.pk)) for step in steps]
        assert "6789" not in str(journal)

    def test_a_journal_that_refuses_stops_it_before_the_key_is_touched(self, customer, settings, shred):
        settings.ASCEND_JOURNAL = f"{__name__}.refuse_event"
        with pytest.raises(RuntimeError, match="no log"):
            shred()
        assert keys().get().state == State.ACTIVE

    def test_a_second_call_changes_nothing(self, customer, shred, completed):
        again = shred(now=LATER + dt.timedelta(days=1), approved_by="Mallory")
        assert (again.pk, again.approved_by, again.completed_at) == (completed.pk, "Alice", LATER)
        assert Shred.objects.count() == 1


def refuse_event(event, *, organization_id, details):
    raise RuntimeError("no log")


def refuse(operation, *, organization_id, key_id):
    raise NotAuthorized(f"{operation} needs a second person")


class TestRefusals:
    def test_a_person_without_a_key_is_unknown(self, shop, organization, shred):  # KC-70
        with pytest.raises(UnknownSubject):
            shred(subject_id=uuid.uuid4())

    def test_another_organizations_person_is_unknown_too(self, shop, customer, other_organization, shred):  # KC-70
        with pytest.raises(UnknownSubject):
            shred(organization_id=other_organization)
        assert shop.Customer.objects.get(pk=customer.pk).ssn == "123-45-6789"

    def test_the_authority_is_asked_first(self, shop, customer, organization, settings, shred):  # KC-70
        settings.ASCEND_AUTHORITY = f"{__name__}.refuse"
        with pytest.raises(NotAuthorized, match="shred needs a second person"):
            shred()
        assert (Shred.objects.count(), keys().get().state) == (0, State.ACTIVE)

    def test_and_before_a_person_is_given_a_new_key(self, customer, organization, settings, completed):
        settings.ASCEND_AUTHORITY = f"{__name__}.refuse"
        with pytest.raises(NotAuthorized, match="renew needs"):
            shredding.renew(organization_id=organization, subject_id=customer.pk, approved_by="Bob")

    def test_a_value_that_would_survive_stops_it(self, shop, customer, organization, shred):  # KC-70
        field = shop.Customer._meta.get_field("email")
        old = keyring.field_keys(field.context).sealer(organization).seal(b"old", row_part(customer.pk))
        write(customer, "email", old)
        with pytest.raises(NotShreddable, match=r"shop\.Customer\.email: 1"):
            shred()
        row = shop.Customer.objects.get(pk=customer.pk)
        row.save()
        assert shred().step == Shred.Step.ERASED

    def test_a_changed_record_is_noticed(self, customer, shred):
        record = shred(now=NOW)
        Shred.objects.filter(pk=record.pk).update(lease_seconds=5)
        with pytest.raises(KeyTampered, match=str(record.pk)):
            shredding.resume(now=LATER)

    def test_the_service_key_is_not_destroyed_under_persons_keys(self, customer):  # KC-14
        from ascend.keychain import transitions
        from ascend.keychain.errors import KeyInUse

        service = Key.objects.get(level=3, purpose="subjects")
        transitions.change_state(key_id=service.id, to=State.DEACTIVATED)
        with pytest.raises(KeyInUse):
            transitions.change_state(key_id=service.id, to=State.DESTROYED)


class TestCertificate:
    def test_it_says_since_when_and_where_not_yet(self, customer, organization, completed, settings):  # KC-78
        settings.ASCEND_KEY_BACKUP_RETENTION_DAYS = 99  # what was declared when it was requested stands
        certificate = certificates.issue(completed)
        t1 = NOW + dt.timedelta(seconds=completed.lease_seconds)

        def text(moment):
            return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

        assert certificate["unreadable_live_since"] == text(t1)
        assert certificate["unreadable_in_backups_since"] == text(t1 + dt.timedelta(days=7))
        assert certificate["index_values_in_backups_until"] == text(LATER + dt.timedelta(days=30))
        assert (certificate["person"], certificate["organization"]) == (str(customer.pk), str(organization))
        assert certificate["approved_by"] == "Alice"
        assert certificate["keys"][0]["short_id"] == bytes(keys().get().short_id).hex()
        assert "every backup" not in json.dumps(certificate)

    def test_it_names_what_is_gone_what_was_cleared_and_what_stays(self, completed):
        table = next(table for table in certificates.issue(completed)["tables"] if table["model"] == "shop.Customer")
        assert table["rows"] == 1
        assert table["unreadable"] == ["ssn", "email"]
        indexes = ["ssn_exact", "ssn_last4", "email_ngram_3"]
        assert table["cleared"] == [f"{index}_{letter}" for index in indexes for letter in "ab"]
        assert table["kept"] == ["id", "organization_id", "number"]

    def test_without_an_index_there_is_no_residue(self, completed, monkeypatch):
        completed.tables = [{**table, "cleared": []} for table in completed.tables]
        shred_rows.reseal(completed)
        assert certificates.issue(completed)["index_values_in_backups_until"] is None

    def test_it_verifies_and_every_changed_character_does_not(self, completed):  # KC-79
        text = certificates.to_text(certificates.issue(completed))
        assert text == certificates.to_text(json.loads(text))
        assert certificates.verify(text)["id"] == str(completed.pk)
        for old, new in [("Alice", "Malic"), ('"rows":1', '"rows":2'), ("2026", "2025"), ("v1", "v2")]:
            if old in text:
                with pytest.raises(CertificateInvalid):
                    certificates.verify(text.replace(old, new, 1))
        for nothing in ("", "{}", "[]", "null", '{"authentication":{"value":"zz"}}', b"\xff"):
            with pytest.raises(CertificateInvalid):
                certificates.verify(nothing)

    def test_another_deployments_key_does_not_verify_it(self, completed, settings):
        text = certificates.to_text(certificates.issue(completed))
        settings.ASCEND_REGISTRY_KEY = "A" * 43 + "="
        with pytest.raises(CertificateInvalid):
            certificates.verify(text)

    def test_it_holds_no_value(self, completed):
        text = certificates.to_text(certificates.issue(completed))
        assert "6789" not in text
        assert "example.org" not in text


class TestRestores:
    def restored(self, row):
        """Put the row of a key back as a backup of the key database has it."""
        keys().filter(pk=row.pk).delete()
        row.save(force_insert=True, using=KEYS)

    def test_a_key_that_a_backup_brings_back_opens_nothing(self, shop, customer, organization, shred):  # KC-76
        backup = keys().get()
        record = shredding.advance(shred(now=NOW), now=LATER)
        self.restored(backup)
        keyring.close()
        assert keys().get().wrapped is not None
        with pytest.raises(Shredded):
            _ = shop.Customer.objects.get(pk=customer.pk).ssn
        with pytest.raises(Shredded), transaction.atomic():
            shop.Order.objects.create(organization_id=organization, customer=customer, address="x")
        assert [done.pk for done in restored_keys.reapply(now=LATER)] == [record.pk]
        assert keys().get().wrapped is None
        assert restored_keys.reapply(now=LATER) == []

    def test_a_renewal_ends_it_too(self, shop, customer, organization, shred):
        backup = keys().get()
        shredding.advance(shred(now=NOW), now=LATER)
        self.restored(backup)
        shredding.renew(organization_id=organization, subject_id=customer.pk, approved_by="Bob")
        assert keys().get(pk=backup.pk).wrapped is None
        assert shop.Order.objects.create(organization_id=organization, customer=customer, address="x").address == "x"

    def test_a_main_database_from_before_does_not_forget_it(self, shop, customer, organization, stored, shred):  # KC-76
        shredding.advance(shred(now=NOW), now=LATER)
        ShreddedKey.objects.all().delete()
        Shred.objects.all().delete()
        write(customer, "ssn_exact_a", b"from the backup")
        keyring.close()
        with pytest.raises(Shredded):
            _ = shop.Customer.objects.get(pk=customer.pk).ssn
        (record,) = restored_keys.reapply(now=LATER)
        assert (record.approved_by, record.step) == ("applied again after a restore", Shred.Step.COMPLETED)
        assert (record.erased_at, record.completed_at) == (NOW, LATER)  # T3 counts from when they were cleared again
        assert stored(customer, "ssn_exact_a") is None


class TestCommand:
    def run(self, capsys, *arguments):
        call_command("shred", *arguments)
        return capsys.readouterr().out

    def named(self, organization, customer):
        return (f"--organization={organization}", f"--person={customer.pk}", "--approved-by=Alice")

    def test_from_the_first_call_to_a_verified_certificate(
        self, shop, customer, organization, capsys, tmp_path, monkeypatch
    ):
        said = self.run(capsys, *self.named(organization, customer), "--reason=Asked to be forgotten", "--yes")
        record = Shred.objects.get()
        assert said.startswith(f"{record.pk}  Key erased  ends in ")
        with pytest.raises(CommandError, match="not ended yet"):
            self.run(capsys, f"--certificate={record.pk}")
        monkeypatch.setattr(shredding.timezone, "now", lambda: LATER)
        assert self.run(capsys, "--resume") == f"{record.pk}  Completed\n"
        text = self.run(capsys, f"--certificate={record.pk}")
        assert json.loads(text)["reason"] == "Asked to be forgotten"
        file = tmp_path / "certificate.json"
        file.write_text(text)
        assert "This deployment issued it." in self.run(capsys, f"--verify={file}")
        file.write_text(text.replace("Alice", "Bob"))
        with pytest.raises(CommandError, match="was changed"):
            self.run(capsys, f"--verify={file}")

    def test_it_waits_if_it_is_told_to(self, shop, customer, organization, capsys, monkeypatch):
        monkeypatch.setattr("ascend.management.commands.shred.POLL_SECONDS", 0)
        monkeypatch.setattr(shredding.conf, "lease_seconds", lambda: 0)
        text = self.run(capsys, *self.named(organization, customer), "--yes", "--wait")
        assert certificates.verify(text)["person"] == str(customer.pk)

    def test_it_asks_before_it_destroys(self, customer, organization, capsys, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda _question: "yes")
        with pytest.raises(CommandError, match="Nothing was done"):
            self.run(capsys, *self.named(organization, customer))
        assert Shred.objects.count() == 0
        monkeypatch.setattr("builtins.input", lambda _question: str(customer.pk))
        assert "Key erased" in self.run(capsys, *self.named(organization, customer))

    def test_a_new_key_and_a_restore(self, shop, customer, organization, capsys, completed):
        assert self.run(capsys, "--reapply") == ""
        assert "new key" in self.run(capsys, *self.named(organization, customer), "--renew")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ((), "Name the --organization"),
            ((f"--certificate={uuid.uuid4()}",), "no such shredding"),
            (("--verify=/nowhere",), "No such file"),
            ((f"--organization={uuid.uuid4()}", f"--person={uuid.uuid4()}", "--approved-by=A", "--yes"), "has no key"),
        ],
    )
    def test_a_refusal_is_one_sentence(self, shop, capsys, arguments, said):
        with pytest.raises(CommandError, match=said):
            self.run(capsys, *arguments)
