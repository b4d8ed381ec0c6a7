"""Several processes and threads: caches elsewhere, a kill between the two databases, and people who do the same."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from django.utils import timezone

from ascend.keychain import certificates, shredding
from ascend.keychain.errors import NotYetCompleted, Shredded
from ascend.keychain.states import State
from ascend.keychain.subject_models import Shred, SubjectKey
from ascend.scope import organization_scope
from tests.integration.shredding.conftest import KEYS

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "person_keys"])

PRELUDE = """
import django, os, signal, sys, time, uuid; django.setup()
from shop.models import Customer
from ascend.keychain import shredding, ticker
from ascend.keychain.errors import Shredded
from ascend.scope import organization_scope
organization, person = map(uuid.UUID, sys.argv[1:3])
def read():
    with organization_scope(organization):
        return Customer.objects.get(pk=person).ssn
def die(*_arguments, **_options):
    os.kill(os.getpid(), signal.SIGKILL)
"""
READ_UNTIL_REFUSED = """
assert read() == "123-45-6789"
print("read", flush=True)
while True:
    try:
        read()
    except Shredded:
        print("refused", flush=True)
        break
    time.sleep(0.05)
"""
SHRED = """
shredding.shred(organization_id=organization, subject_id=person, approved_by="Alice")
"""


@pytest.fixture
def process(settings, tmp_path, organization, customer):
    """Start another process of the shop with some code; it is ended with the test."""
    started = []
    main = connection.settings_dict

    def start(code, *, lease_seconds=30):
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.integration.shredding.other_process_settings",
            "PGDATABASE": main["NAME"],
            "PGHOST": str(main["HOST"]),
            "PGPORT": str(main["PORT"]),
            "PGUSER": str(main["USER"]),
            "PGPASSWORD": str(main["PASSWORD"]),
            "KEY_DATABASE": connections[KEYS].settings_dict["NAME"],
            "ASCEND_LOCAL_KEYS_DIR": str(settings.ASCEND_LOCAL_KEYS_DIR),
            "ASCEND_DEPLOYMENT": django_settings.ASCEND_DEPLOYMENT,
            "ASCEND_ENVIRONMENT": django_settings.ASCEND_ENVIRONMENT,
            "ASCEND_REGISTRY_KEY": django_settings.ASCEND_REGISTRY_KEY,
            "ASCEND_LEASE_SECONDS": str(lease_seconds),
        }
        child = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + code, str(organization), str(customer.pk)],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path.cwd(),
        )  # fmt: skip
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def keys():
    return SubjectKey.objects.using(KEYS)


def shred(organization, customer, **options):
    options = {"organization_id": organization, "subject_id": customer.pk, "approved_by": "Alice", **options}
    return shredding.shred(**options)


def completed(record, *, seconds=20):
    """Go on with a shredding as if its last lease had ended; the fences of the database are real."""
    late = timezone.now() + dt.timedelta(minutes=10)
    deadline = time.monotonic() + seconds
    while record.step != Shred.Step.COMPLETED and time.monotonic() < deadline:
        record = shredding.advance(record, now=late)
    return record


def read(shop, organization, customer):
    with organization_scope(organization):
        return shop.Customer.objects.get(pk=customer.pk).ssn


def is_refused(shop, organization, customer, *, within_seconds=0.0):
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            read(shop, organization, customer)
        except Shredded:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)


@pytest.mark.slow
class TestAnotherProcess:
    def seconds_until_refused(self, child, organization, customer):
        assert child.stdout.readline() == "read\n"
        shred(organization, customer)
        started = time.monotonic()
        assert child.stdout.readline() == "refused\n"
        return time.monotonic() - started

    def test_refuses_when_it_next_reads_the_epochs(self, process, organization, customer):  # KC-74
        child = process(READ_UNTIL_REFUSED, lease_seconds=60)
        assert self.seconds_until_refused(child, organization, customer) < 6  # every 2 s, on a busy machine

    def test_refuses_after_one_lease_where_it_cannot(self, process, organization, customer):  # KC-74
        child = process("ticker.EPOCHS_EVERY_SECONDS = 3600\n" + READ_UNTIL_REFUSED, lease_seconds=5)
        assert self.seconds_until_refused(child, organization, customer) < 5 + 2


@pytest.mark.slow
class TestKilled:
    """kill -9 at each place between the two databases: nobody reads the value, and the next call goes on."""

    PLACES = {
        "before the key is erased": "shredding.erase_keys = die\n",
        "while it is erased": "shredding.subject_provisioning.destroy = die\n",
        "between the two databases": (
            "erase = shredding.erase_keys\nshredding.erase_keys = lambda *a: (erase(*a), die())\n"
        ),
        "while the index columns are cleared": (
            "tables = shredding.tables\nclear = tables.clear_indexes\n"
            "tables.clear_indexes = lambda *a: (clear(*a), die())\n"
        ),
        "before the step is noted": "tell = shredding._tell\n"
        "shredding._tell = lambda verb, record: die() if verb == 'erase' else tell(verb, record)\n",
    }

    @pytest.mark.parametrize("place", PLACES)
    def test_goes_on_where_it_was(self, process, shop, organization, customer, stored, place):  # KC-71 KC-72
        child = process(self.PLACES[place] + SHRED)
        said, _ = child.communicate(timeout=60)
        assert child.returncode == -signal.SIGKILL, said
        record = Shred.objects.get()
        assert record.step == Shred.Step.REQUESTED
        assert is_refused(shop, organization, customer, within_seconds=6)  # this process reads the epochs every 2 s
        with pytest.raises(NotYetCompleted):
            certificates.issue(record)
        (record,) = shredding.resume()
        assert record.step == Shred.Step.ERASED
        assert keys().get().wrapped is None
        assert stored(customer, "ssn_exact_a") is None
        record = completed(record)
        assert certificates.issue(record)["approved_by"] == "Alice"
        assert shredding.resume() == []

    def test_before_anything_was_decided_nothing_has_happened(self, process, shop, organization, customer):
        child = process("shredding._tell = die\n" + SHRED)
        assert child.wait(60) == -signal.SIGKILL
        assert Shred.objects.count() == 0
        assert read(shop, organization, customer) == "123-45-6789"


def in_threads(*jobs):
    """Run the jobs at once, each on connections of its own, and return what they returned or raised."""
    results, together = [None] * len(jobs), threading.Barrier(len(jobs))

    def run(number, job):
        together.wait(10)
        try:
            results[number] = job()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=entry) for entry in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


class TestAtOnce:
    def test_two_people_shred_the_same_person(self, shop, organization, customer):
        results = in_threads(*[lambda name=name: shred(organization, customer, reason=name) for name in "ab"])
        assert {record.pk for record in results} == {Shred.objects.get().pk}
        assert is_refused(shop, organization, customer)

    def test_a_new_person_gets_one_key_from_many_writers(self, shop, organization, customer):
        person = shop.Customer.objects.create(organization_id=organization, number="2")

        def write():
            with organization_scope(organization):
                return shop.Order.objects.create(organization_id=organization, customer=person, address="x").pk

        orders = in_threads(*[write] * 4)
        with organization_scope(organization):
            assert [shop.Order.objects.get(pk=pk).address for pk in orders] == ["x"] * 4
        assert keys().filter(subject_id=person.pk).count() == 1

    def test_a_reader_meanwhile_reads_the_value_or_is_refused(self, shop, organization, customer):
        seen = set()

        def reads():
            for _ in range(60):
                try:
                    seen.add(read(shop, organization, customer))
                except Shredded:
                    seen.add(Shredded)
                time.sleep(0.01)

        _, record = in_threads(reads, lambda: (time.sleep(0.2), shred(organization, customer))[1])
        assert record.step == Shred.Step.ERASED
        assert seen == {"123-45-6789", Shredded}


class TestOpenTransactions:
    def test_a_row_that_is_committed_late_is_cleared_too(self, shop, organization, customer, stored):  # KC-73
        table = shop.Customer._meta.db_table
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(f"UPDATE {table} SET number = 'late' WHERE id <> %s", [customer.pk])  # noqa: S608
                cursor.execute("SELECT pg_current_xact_id()")  # it has begun to write
                record = shred(organization, customer)
                late = timezone.now() + dt.timedelta(minutes=10)
                for _ in range(3):
                    record = shredding.advance(record, now=late)
                    assert record.step == Shred.Step.ERASED
                cursor.execute(f"UPDATE {table} SET ssn_exact_a = 'late' WHERE id = %s", [customer.pk])  # noqa: S608
                cursor.execute("COMMIT")
        finally:
            other.close()
        assert stored(customer, "ssn_exact_a") == b"late"
        assert completed(record).step == Shred.Step.COMPLETED
        assert stored(customer, "ssn_exact_a") is None


class TestOrder:
    def test_a_key_outlives_the_rollback_of_its_row(self, shop, organization, journal):  # KC-66
        pk = uuid.uuid4()
        with transaction.atomic():
            shop.Customer.objects.create(pk=pk, organization_id=organization, number="1", ssn="1")
            assert keys().filter(subject_id=pk, state=State.ACTIVE).count() == 1
            transaction.set_rollback(True)
        shop.Customer.objects.create(pk=pk, organization_id=organization, number="1", ssn="2")
        assert keys().filter(subject_id=pk).count() == 1
        assert read(shop, organization, shop.Customer(pk=pk)) == "2"

    def test_where_no_key_can_be_made_no_row_is_written(self, shop, organization, monkeypatch):  # KC-66
        from ascend.keychain import subject_provisioning

        def down(*_arguments, **_options):
            raise connections[KEYS].Database.OperationalError("the key database is down")

        monkeypatch.setattr(subject_provisioning, "of_subjects", down)
        with pytest.raises(Exception, match="is down"):
            shop.Customer.objects.bulk_create([shop.Customer(organization_id=organization, number="1", ssn="1")])
        assert not shop.Customer.objects.filter(organization_id=organization).exists()
