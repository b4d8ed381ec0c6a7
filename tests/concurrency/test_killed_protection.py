"""Workers that move a column are killed with SIGKILL, again and again, while the application goes on writing.

No value is lost, none is moved twice, and no write of the application is undone.
"""

import os
import random
import signal
import time
import uuid
from pathlib import Path

import pytest
from django.db import connections, router

from ascend.campaigns import lifecycle, run
from ascend.campaigns.models import Batch, Campaign, FailedRow, State
from ascend.campaigns.pace import Pace
from ascend.campaigns.protecting import Protect
from ascend.campaigns.target import Target
from ascend.fields import watermarks
from ascend.keychain import keyring
from ascend.scope import organization_scope
from tests.counts import times
from tests.integration.fields.window.conftest import (  # noqa: F401 (fixtures)
    MovingRouter,
    create_tables,
    historical,
    moving_app,
    moving_tables,
)

ROWS, KILLS, WRITES, PATIENCE_SECONDS = times(3_000, 60_000), times(12, 300), times(400, 20_000), 90
FILE = "moving_file"
ORGANIZATIONS = (uuid.UUID(int=1), uuid.UUID(int=2))


@pytest.fixture(params=["postgresql", "sqlite"])
def alias(request, transactional_db, moving_tables, moving_app, tmp_path, settings, monkeypatch):  # noqa: F811
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path / "keys"
    settings.ASCEND_BROADCAST = settings.ASCEND_JOURNAL = ""
    name = "default" if request.param == "postgresql" else FILE
    monkeypatch.setattr(router, "routers", [MovingRouter(name)])
    watermarks.forget()
    if name == FILE:
        connections.settings[FILE] = {
            **connections.settings["default"],
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(tmp_path / "moving.sqlite3"),
            "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE"},
            "TEST": connections.settings["default"]["TEST"],
        }
        file = connections[FILE]  # pytest-django lets nobody connect to a database that it did not make
        file.ensure_connection = lambda: file.connect() if file.connection is None else None
        create_tables(FILE, [*historical(_models()), Campaign, Batch, FailedRow])
        with connections[FILE].cursor() as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
    yield name
    if name == FILE:
        connections[FILE].close()
        del connections.settings[FILE], connections[FILE]


def _models():
    from django.apps import apps

    return apps.get_app_config("moving_shop").get_models()


@pytest.fixture
def patients(alias, moving_app):  # noqa: F811
    """Plaintext rows of two organizations: the oracle, key by key."""
    connection, prepare = connections[alias], moving_app.Patient._meta.pk.get_db_prep_value
    rows = {uuid.uuid4(): (ORGANIZATIONS[number % 2], f"ssn{number:08d}") for number in range(ROWS)}
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO moving_shop_patient (id, organization_id, ssn_old) VALUES (%s, %s, %s)",
            [(prepare(pk, connection), prepare(owner, connection), ssn) for pk, (owner, ssn) in rows.items()],
        )
    return rows


def work_of(moving, alias):
    return Protect(Target(moving.Patient._meta.get_field("ssn"), alias), verify=True)


def forked(job):
    keyring.close()
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        job()
        os._exit(0)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(1)


def mover(moving, alias):
    def job():
        work = work_of(moving, alias)
        options = run.Options(pace=Pace(rows=50, target_ms=1), lease_seconds=0.5)
        while run.run(lifecycle.open_campaign(work), work, options).state == State.RUNNING:
            pass

    return forked(job)


def kill_again_and_again(moving, alias, campaign):
    """Kill movers at random moments behind some progress; return how far each had come."""
    chance, progress = random.Random(11), []
    for _ in range(KILLS):
        before, child = lifecycle.progress(campaign).done, mover(moving, alias)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while lifecycle.progress(campaign).done == before and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        progress.append(lifecycle.progress(campaign).done)
    return progress


def finish(moving, alias):
    child = mover(moving, alias)
    assert os.waitpid(child, 0)[1] == 0


def check(moving, alias, oracle):
    left = work_of(moving, alias).target.old_values_left()
    assert left == 0
    found = {}
    for owner in ORGANIZATIONS:
        with organization_scope(owner):
            found |= {row.pk: (owner, row.ssn) for row in moving.Patient.objects.filter(organization_id=owner)}
            a_value = next(value for mine, value in oracle.values() if mine == owner)
            assert moving.Patient.objects.get(ssn=a_value).ssn == a_value
    assert found == oracle


@pytest.mark.slow
def test_every_value_moves_exactly_once(alias, moving_app, patients):  # noqa: F811
    campaign = lifecycle.open_campaign(work_of(moving_app, alias))
    progress = kill_again_and_again(moving_app, alias, campaign)
    assert sum(0 < done < ROWS for done in progress) >= KILLS // 2, progress
    finish(moving_app, alias)
    campaign.refresh_from_db()
    told = lifecycle.progress(campaign)
    assert (campaign.state, told.done, told.failed) == (State.DONE, ROWS, 0)
    assert Batch.objects.using(alias).filter(campaign=campaign, attempts__gt=1).exists()
    check(moving_app, alias, patients)


def write(moving, oracle, log):
    """Write as an application does, in every way; note each write behind its commit."""
    chance, keys = random.Random(5), list(oracle)
    with log.open("w") as notes:
        for number in range(WRITES):
            pk = chance.choice(keys)
            owner, value = oracle[pk][0], f"w{number:010d}"
            with organization_scope(owner):
                _write_one(moving, pk, owner, value, number % 3)
            notes.write(f"{pk} {value}\n")
            notes.flush()


def _write_one(moving, pk, owner, value, way):
    if way == 0:
        row = moving.Patient.objects.get(pk=pk)
        row.ssn = value
        row.save()
    elif way == 1:
        moving.Patient(pk=pk, organization_id=owner, ssn=value).save(force_update=True, update_fields=["ssn"])
    else:
        row = moving.Patient.objects.only("organization_id").get(pk=pk)
        row.ssn = value
        moving.Patient.objects.filter(organization_id=owner).bulk_update([row], ["ssn"])


@pytest.mark.slow
def test_no_write_of_the_application_is_lost(alias, moving_app, patients, tmp_path):  # noqa: F811
    campaign = lifecycle.open_campaign(work_of(moving_app, alias))
    log = tmp_path / "writes"
    writer = forked(lambda: write(moving_app, patients, log))
    kill_again_and_again(moving_app, alias, campaign)
    assert os.waitpid(writer, 0)[1] == 0
    finish(moving_app, alias)
    written = [line.split() for line in log.read_text().splitlines()]
    assert len(written) == WRITES
    oracle = dict(patients)
    for pk, value in written:
        oracle[uuid.UUID(pk)] = (oracle[uuid.UUID(pk)][0], value)
    check(moving_app, alias, oracle)
    assert lifecycle.progress(campaign).done < ROWS  # some were moved by the writes themselves


def test_several_workers_share_the_batches(alias, moving_app, patients):  # noqa: F811
    campaign = lifecycle.open_campaign(work_of(moving_app, alias))
    workers = [mover(moving_app, alias) for _ in range(3 if alias == "default" else 1)]
    assert [os.waitpid(worker, 0)[1] for worker in workers] == [0] * len(workers)
    campaign.refresh_from_db()
    told = lifecycle.progress(campaign)
    assert (campaign.state, told.done) == (State.DONE, ROWS)
    owners = set(Batch.objects.using(alias).filter(campaign=campaign).values_list("lease_owner", flat=True))
    assert len(owners) == len(workers)
    check(moving_app, alias, patients)
    stored = bytes_of_the_table(alias)
    assert len(stored) > ROWS * 48
    assert [value for _, value in patients.values() if value.encode() in stored] == []


def bytes_of_the_table(alias):
    """Return what the disk holds of the table, after what the guide asks for."""
    with connections[alias].cursor() as cursor:
        if alias == FILE:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return Path(connections[FILE].settings_dict["NAME"]).read_bytes()
        cursor.execute("VACUUM FULL moving_shop_patient")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_read_binary_file(pg_relation_filepath('moving_shop_patient'))")
        return bytes(cursor.fetchone()[0])
