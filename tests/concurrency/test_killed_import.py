"""A worker is killed with SIGKILL in the middle of an import, again and again: each row is there exactly once."""

import os
import random
import signal
import time

import pytest
from django.db import connections

from accounts.roles import Role
from ascend.keychain import keyring
from audit.models import InboxEvent
from records import conf
from records.models import ImportJob, PersonRecord
from records.models.imports import WORKING
from records.services import importing, work
from tests.counts import times
from tests.factories import accounts, records
from tests.factories.accounts import NOW

ROWS, KILLS, PATIENCE_SECONDS = times(6_000, 150_000), times(12, 300), 60


@pytest.fixture(autouse=True)
def short_leases(settings, tmp_path, monkeypatch):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path / "keys"
    settings.DATA_DIR = tmp_path / "data"
    settings.ASCEND_BROADCAST = ""
    settings.IMPORT_LEASE_SECONDS = 0.3
    settings.IMPORT_SLICE_CHUNKS = 3
    settings.CELERY_BROKER_URL = "memory://"
    monkeypatch.setattr(conf, "CHUNK_ROWS", 50)


def start_worker(job_id):
    """Fork a worker that takes the job whenever it is free, until it has ended."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        while ImportJob.objects.filter(pk=job_id, state__in=WORKING).exists():
            work.run_slice(job_id=job_id)
            time.sleep(0.01)
    finally:
        os._exit(0)


def kill_in_the_middle(job, chance):
    """Kill a worker at a random moment after it has written something."""
    before, deadline = job.rows_imported, time.monotonic() + PATIENCE_SECONDS
    child = start_worker(job.pk)
    while job.rows_imported == before and time.monotonic() < deadline:
        job.refresh_from_db()
    time.sleep(chance.uniform(0, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_each_row_is_imported_exactly_once(monkeypatch):
    monkeypatch.setattr("records.services.dispatch.send_import", lambda job_id: None)
    northwind = accounts.organization()
    steward = accounts.member(northwind, "Bob", Role.STEWARD)
    job = records.checked(records.people_csv(ROWS), steward, northwind.pk)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    keyring.close()
    chance, progress = random.Random(7), []
    for _ in range(KILLS):
        kill_in_the_middle(job, chance)
        job.refresh_from_db()
        progress.append(job.rows_imported)
        assert PersonRecord.objects.count() == job.rows_imported
    finish(job)
    assert sum(0 < rows < ROWS for rows in progress) >= KILLS // 2, progress
    assert (job.state, job.rows_imported, job.rows_skipped) == ("done", ROWS, 0)
    references = list(PersonRecord.objects.order_by("reference").values_list("reference", flat=True))
    assert references == [f"C-{number:06}" for number in range(1, ROWS + 1)]
    assert InboxEvent.objects.filter(event="records:import:finish").count() == 1


def finish(job):
    child = start_worker(job.pk)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while job.state in WORKING and time.monotonic() < deadline:
        time.sleep(0.05)
        job.refresh_from_db()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.django_db
def test_a_worker_that_slept_writes_nothing_after_its_fence_was_passed(monkeypatch):
    northwind = accounts.organization()
    steward = accounts.member(northwind, "Bob", Role.STEWARD)
    job = records.checked(records.people_csv(120), steward, northwind.pk)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    write, stolen = work._write, []

    def slow_write(lease, *args, **kwargs):
        if not stolen:
            stolen.append(ImportJob.objects.filter(pk=job.pk).update(fence=lease.fence + 1))
        return write(lease, *args, **kwargs)

    monkeypatch.setattr(work, "_write", slow_write)
    work.run_slice(job_id=job.pk)
    assert PersonRecord.objects.count() == 0
    ImportJob.objects.filter(pk=job.pk).update(lease_expires_at=None)
    assert records.run(job).rows_imported == 120


@pytest.mark.django_db
def test_a_job_that_is_held_is_left_alone():
    northwind = accounts.organization()
    steward = accounts.member(northwind, "Bob", Role.STEWARD)
    job = records.checked(records.people_csv(10), steward, northwind.pk)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    ImportJob.objects.filter(pk=job.pk).update(lease_expires_at=NOW.replace(year=2099))
    work.run_slice(job_id=job.pk)
    assert PersonRecord.objects.count() == 0
