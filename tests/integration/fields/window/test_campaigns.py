"""A column moves in batches: every row once, each in its organization's scope, and nothing that somebody else wrote."""

import itertools
import uuid

import pytest
from django.db import connections

from ascend.campaigns import batches, closing, lifecycle, opening, protecting, run, swap
from ascend.campaigns.errors import LeaseLost, NotPossible, OldValuesLeft
from ascend.campaigns.forecast import forecast
from ascend.campaigns.models import Campaign, State
from ascend.campaigns.pace import Pace
from ascend.campaigns.protecting import Protect, Unprotect
from ascend.campaigns.target import Target
from ascend.fields import WindowClosed, open_windows, window_checks
from ascend.scope import organization_scope

SSN = "123-45-6789"


@pytest.fixture
def customers(shop, raw):
    def insert(count):
        for number in range(count):
            raw(
                "INSERT INTO moving_shop_customer (name, ssn, notes) VALUES (%s, %s, %s)",
                f"c{number}", f"{number:011d}", "tea" if number % 2 else None,
            )  # fmt: skip
        return count

    return insert


@pytest.fixture
def target(shop, database, organization):
    def of(model="Customer", field="ssn"):
        model = getattr(shop, model)
        owner = None if hasattr(model, "organization_field") else organization
        return Target(model._meta.get_field(field), database, owner)

    return of


def work_off(work, **options):
    campaign = lifecycle.open_campaign(work)
    options = {"pace": Pace(rows=7), **options}
    return run.run(campaign, work, run.Options(**options))


class TestProtect:
    def test_every_value_moves_once(self, shop, customers, target, raw):
        customers(50)
        campaign = work_off(Protect(target(), verify=True))
        told = lifecycle.progress(campaign)
        assert (campaign.state, told.rows, told.done, told.conflicts, told.failed) == (State.DONE, 50, 50, 0, 0)
        assert raw("SELECT count(*) FROM moving_shop_customer WHERE ssn IS NOT NULL OR ssn_sealed IS NULL") == [(0,)]
        assert {row.ssn for row in shop.Customer.objects.all()} == {f"{number:011d}" for number in range(50)}
        assert shop.Customer.objects.get(ssn=f"{7:011d}").name == "c7"
        assert raw("SELECT count(*) FROM moving_shop_customer WHERE notes IS NOT NULL") == [(25,)]

    def test_null_stays_null(self, shop, customers, target):
        customers(9)
        campaign = work_off(Protect(target(field="notes")))
        assert (campaign.rows, lifecycle.progress(campaign).done) == (4, 4)
        assert shop.Customer.objects.filter(notes__isnull=True).count() == 5

    def test_each_organization_has_its_own_keys(self, shop, raw, target, database, organization, second_organization):
        # WIN-15
        prepare = shop.Patient._meta.pk.get_db_prep_value
        connection = connections[database]
        for owner in (organization, second_organization):
            for number in range(10):
                raw(
                    "INSERT INTO moving_shop_patient (id, organization_id, ssn_old) VALUES (%s, %s, %s)",
                    prepare(uuid.uuid4(), connection), prepare(owner, connection), str(number),
                )  # fmt: skip
        campaign = work_off(Protect(target("Patient"), verify=True))
        assert lifecycle.progress(campaign).done == 20
        for owner in (organization, second_organization):
            with organization_scope(owner):
                mine = shop.Patient.objects.filter(organization_id=owner)
                assert sorted(row.ssn for row in mine) == [str(number) for number in range(10)]
                assert shop.Patient.objects.get(ssn="7").organization_id == owner

    def test_a_row_that_somebody_writes_meanwhile_is_left_alone(self, shop, customers, target, monkeypatch):
        # WIN-13
        customers(3)
        compute = swap.compute

        def slow(*arguments):
            computed = compute(*arguments)
            shop.Customer.objects.filter(name="c0").update(ssn="written")
            return computed

        monkeypatch.setattr(swap, "compute", slow)
        campaign = work_off(Protect(target()))
        told = lifecycle.progress(campaign)
        assert (told.done, told.conflicts, campaign.state) == (2, 1, State.DONE)
        assert shop.Customer.objects.get(name="c0").ssn == "written"

    def test_an_old_value_that_changes_meanwhile_moves_as_it_is_then(self, shop, customers, target, raw, monkeypatch):
        customers(3)
        compute, changed = swap.compute, []

        def slow(*arguments):
            computed = compute(*arguments)
            if not changed:
                changed.append(raw("UPDATE moving_shop_customer SET ssn = 'OTHER' WHERE name = 'c1'"))
            return computed

        monkeypatch.setattr(swap, "compute", slow)
        campaign = work_off(Protect(target()))
        assert (lifecycle.progress(campaign).done, campaign.passes) == (3, 2)
        assert shop.Customer.objects.get(name="c1").ssn == "OTHER"

    def test_a_row_that_no_reader_opens_is_reported_and_the_rest_moves(self, shop, customers, target, raw):
        # WIN-16
        customers(5)
        raw("UPDATE moving_shop_customer SET notes = 'gAAAAABcdefghijklmnopqrstuvwxyz' WHERE name = 'c2'")
        campaign = work_off(Protect(target(field="notes")))
        assert campaign.state == State.INCOMPLETE
        ((key, reason),) = [(row.key, row.reason) for row in lifecycle.failures(campaign, 10)]
        assert key == str(shop.Customer.objects.only("pk").get(name="c2").pk)
        assert "gAAAAA" not in reason
        assert lifecycle.progress(campaign).done == 2

    def test_a_duplicate_is_reported_and_the_rest_of_its_batch_moves(self, shop, customers, target):
        customers(5)
        shop.Customer.objects.create(name="new", ssn=f"{3:011d}")
        campaign = work_off(Protect(target()))
        told = lifecycle.progress(campaign)
        assert (told.done, told.failed, campaign.state) == (4, 1, State.INCOMPLETE)

    def test_a_row_with_both_forms_is_reported(self, shop, customers, target, raw):
        customers(2)
        shop.Customer.objects.get(name="c1").save()
        raw("UPDATE moving_shop_customer SET ssn = 'late' WHERE name = 'c1'")
        campaign = work_off(Protect(target()))
        assert [row.reason for row in lifecycle.failures(campaign, 10)] == [protecting.BOTH]

    def test_keys_that_are_away_block_their_rows_only_and_it_goes_on_by_itself(
        self, shop, keyring, raw, target, database, organization, second_organization, monkeypatch
    ):
        # WIN-15
        monkeypatch.setattr(batches, "RETRY_SECONDS", (0.2,))
        prepare = shop.Patient._meta.pk.get_db_prep_value
        connection = connections[database]
        for owner in (organization, second_organization):
            raw(
                "INSERT INTO moving_shop_patient (id, organization_id, ssn_old) VALUES (%s, %s, %s)",
                prepare(uuid.uuid4(), connection), prepare(owner, connection), SSN,
            )  # fmt: skip
        keyring.revoke(second_organization)
        seen = []

        def report(progress):
            seen.append((progress.done, bool(progress.blocked_by)))
            if len(seen) == 2:
                keyring.restore(second_organization)

        if connection.vendor == "postgresql":
            monkeypatch.setattr(batches, "Now", _wall_clock)  # a test's transaction has one time
        campaign = work_off(Protect(target("Patient")), report=report)
        assert seen[0] == (1, True)
        assert seen[-1] == (2, False)
        assert campaign.state == State.DONE

    def test_a_worker_whose_lease_was_taken_writes_nothing(self, shop, customers, target):
        # WIN-14
        customers(5)
        work = Protect(target())
        campaign = lifecycle.open_campaign(work)
        batches.plan(campaign, work, rows=5)
        first = batches.claim(campaign, worker="a", lease_seconds=-1)
        second = batches.claim(campaign, worker="b", lease_seconds=60)
        assert first.pk == second.pk
        with pytest.raises(LeaseLost):
            swap.process(first, work)
        assert target().old_values_left() == 5
        assert batches.claim(campaign, worker="c", lease_seconds=60) is None
        assert swap.process(second, work).done == 5

    def test_it_stops_between_batches_and_goes_on_later(self, shop, customers, target):
        customers(50)
        work, turns = Protect(target()), itertools.count()
        campaign = work_off(work, stop=lambda: next(turns) > 3)
        assert campaign.state == State.RUNNING
        assert 0 < lifecycle.progress(campaign).done < 50
        again = work_off(work)
        assert (again.pk, again.state, lifecycle.progress(again).done) == (campaign.pk, State.DONE, 50)

    def test_values_that_come_behind_the_cursor_are_found_by_another_pass(self, shop, customers, target, raw):
        # WIN-17
        customers(20)
        inserted = []

        def report(progress):
            if not inserted:
                inserted.append(raw("INSERT INTO moving_shop_customer (id, name, ssn) VALUES (-5, 'late', 'late')"))

        campaign = work_off(Protect(target()), report=report)
        assert (campaign.passes, lifecycle.progress(campaign).done) == (2, 21)

    def test_a_text_key_is_a_range_too(self, shop, raw, target, organization, database, settings):
        from cryptography.fernet import Fernet

        settings.FERNET_KEYS, settings.FERNET_USE_HKDF = [Fernet.generate_key().decode()], False
        owner = shop.Member._meta.get_field("organization_id").get_db_prep_value(organization, connections[database])
        for number in range(30):
            token = Fernet(settings.FERNET_KEYS[0]).encrypt(f"card {number}".encode())
            raw(
                "INSERT INTO moving_shop_member (code, organization_id, card_old) VALUES (%s, %s, %s)",
                f"é{number}" if number else "", owner, token,
            )  # fmt: skip
        with pytest.raises(Exception, match="cannot compare ciphertext"):
            shop.Member.objects.filter(card="card 3")
        assert lifecycle.progress(work_off(Protect(target("Member", "card"), verify=True))).done == 30
        assert sorted(row.card for row in shop.Member.objects.all()) == sorted(f"card {number}" for number in range(30))

    def test_two_kinds_do_not_run_at_once(self, shop, customers, target):
        customers(2)
        lifecycle.open_campaign(Protect(target()))
        with pytest.raises(NotPossible):
            lifecycle.open_campaign(Unprotect(target()))


def _wall_clock():
    from django.db.models import DateTimeField, Func

    return Func(function="clock_timestamp", output_field=DateTimeField())


class TestUnprotect:
    def test_every_value_goes_back_in_clear_and_its_indexes_go(self, shop, customers, target, raw):
        customers(20)
        work_off(Protect(target()))
        campaign = work_off(Unprotect(target()))
        assert lifecycle.progress(campaign).done == 20
        rows = raw("SELECT ssn, ssn_sealed, ssn_exact_a, ssn_last4_a FROM moving_shop_customer ORDER BY id")
        assert rows == [(f"{number:011d}", None, None, None) for number in range(20)]
        assert shop.Customer.objects.get(ssn=f"{7:011d}").name == "c7"

    def test_an_envelope_that_does_not_open_is_reported(self, shop, customers, target, raw):
        customers(3)
        work_off(Protect(target()))
        raw("UPDATE moving_shop_customer SET ssn_sealed = %s WHERE name = 'c1'", b"\x01" * 48)
        campaign = work_off(Unprotect(target()))
        assert [row.reason for row in lifecycle.failures(campaign, 5)] == [protecting.DOES_NOT_OPEN]


class TestClosing:
    def test_it_is_refused_while_one_value_is_left(self, shop, customers, target, raw, database):
        # WIN-11
        customers(3)
        with pytest.raises(OldValuesLeft, match="3 rows"):
            closing.close(target())
        work_off(Protect(target()))
        assert closing.close(target())
        assert not closing.close(target())
        assert window_checks.check_rows(None, databases=[database]) == []
        raw("UPDATE moving_shop_customer SET ssn = 'restored', ssn_sealed = NULL WHERE name = 'c1'")
        with pytest.raises(WindowClosed):
            list(shop.Customer.objects.all())
        (alarm,) = window_checks.check_rows(None, databases=[database])
        assert (alarm.id, "1 rows" in alarm.msg) == ("ascend.E138", True)
        closing.reopen(target())
        assert shop.Customer.objects.get(name="c1").ssn == "restored"

    def test_open_windows_are_listed_with_what_is_left(self, shop, customers, database):
        customers(3)
        (ours,) = [window for window in open_windows() if window.label == "moving_shop.customer.ssn"]
        assert (ours.readers, ours.authenticated, ours.rows_left(database)) == (("Plaintext",), False, 3)


class TestForecast:
    def test_it_counts_and_writes_nothing(self, shop, customers, target, raw):
        customers(30)
        told = forecast(Protect(target()))
        assert (told.rows, told.sample, told.sample_failures) == (30, 30, {})
        assert told.stored_bytes == 30 * (48 + 16 + 16)
        assert told.minutes > 0
        assert forecast(Protect(target()), rows_per_second=1).minutes == 0.5
        assert raw("SELECT count(*) FROM moving_shop_customer WHERE ssn_sealed IS NOT NULL") == [(0,)]
        assert not Campaign.objects.exists()


class TestOpening:
    def test_every_value_is_opened_and_a_damaged_one_named(self, shop, customers, target, raw):
        customers(5)
        work_off(Protect(target()))
        assert opening.open_all(target()).opened == 5
        raw("UPDATE moving_shop_customer SET ssn_sealed = %s WHERE name = 'c1'", b"\x01" * 48)
        found = opening.open_all(target())
        assert (found.opened, len(found.damaged)) == (4, 1)


class TestPace:
    def test_slow_batches_become_smaller_and_quick_ones_larger(self):
        pace = Pace(target_ms=100, rows=400)
        pace.after(transaction_ms=500)
        assert pace.rows == 200
        pace.after(transaction_ms=90)
        assert pace.rows == 200
        pace.after(transaction_ms=10)
        assert pace.rows == 300
        for _ in range(50):
            pace.after(transaction_ms=1_000)
        assert pace.rows == 50

    def test_no_more_rows_a_second_than_asked(self):
        assert Pace(rows_per_second=100).pause_seconds(rows=50, elapsed_seconds=0.1) == pytest.approx(0.4)
        assert Pace(rows_per_second=100).pause_seconds(rows=50, elapsed_seconds=1) == 0
        assert Pace().pause_seconds(rows=50, elapsed_seconds=0) == 0
