"""Canaries: after an import no value of a protected column is found anywhere outside the envelopes."""

import base64
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import redis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts.roles import Role
from ascend_portal.embedded import postgres_binaries
from records.models import ImportJob, PersonRecord
from records.services import work
from tests.factories import accounts, records

PEOPLE, WATCHED = 10_000, (1, 4_999, 10_000)
PLAIN = {"reference"}


def canaries():
    """Return the protected cells of a few rows, and of the rows that the dry run refuses."""
    found = set()
    for number in WATCHED:
        cells = dict(zip(records.TARGETS, records.row(number), strict=True))
        found |= {text for name, text in cells.items() if name not in PLAIN}
    return {*found, "refused-canary", "unmapped-canary"}


def forms(text):
    """Return `text` as a dump, a log or a folder might hold it."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    # base64 has three alignments; what does not depend on the neighbors is compared.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        yield encoded[4 if shift else 0 : -4]
    yield text.encode("unicode_escape")


def assert_silent(where, content):
    for canary in canaries():
        for form in forms(canary):
            if len(form) >= 8:
                assert form not in content, f"{canary!r} in {where}"


def dump():
    """Return the whole test database as pg_dump writes it."""
    settings = connection.settings_dict
    binary = postgres_binaries.find().folder / "pg_dump"
    environment = {**os.environ, "PGPASSWORD": str(settings["PASSWORD"])}
    command = [
        str(binary),
        "-h",
        settings["HOST"],
        "-p",
        str(settings["PORT"]),
        "-U",
        settings["USER"],
        settings["NAME"],
    ]
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout


def everything_below(folder):
    return b"\n".join(path.read_bytes() for path in Path(folder).rglob("*") if path.is_file())


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_people_leave_no_value_anywhere(settings, tmp_path, monkeypatch, caplog):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path / "keys"
    settings.DATA_DIR = tmp_path / "data"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    caplog.set_level(logging.DEBUG)
    broker = redis.Redis.from_url(settings.REDIS_URL)

    northwind = accounts.organization()
    steward = accounts.sign_in(Client(), accounts.member(northwind, "Bob", Role.STEWARD))
    officer = accounts.sign_in(Client(), accounts.member(northwind, "Alice", Role.OFFICER))
    rows = [records.row(number) for number in range(1, PEOPLE + 1)] + [records.row(0, email="refused-canary")]
    content = records.csv_of(*rows, header=[*records.HEADER[:-1], "unmapped-canary"])
    columns = steward.post("/records/import/", {"file": SimpleUploadedFile("people.csv", content)})["Location"]
    answers = {f"column_{index}": name for index, name in enumerate(records.TARGETS)}
    steward.post(columns, answers)
    job = ImportJob.objects.get()
    settle(job)
    assert_silent("the spool folder", everything_below(settings.DATA_DIR))
    assert_silent("the database in the middle of an import", dump())
    steward.post(f"/records/import/{job.pk}/accept/")
    settle(job)
    assert (PersonRecord.objects.count(), job.rows_bad) == (PEOPLE, 1)

    person = PersonRecord.objects.get(reference="C-000001")
    ssn = records.row(1)[records.TARGETS.index("ssn")]
    found = officer.post("/records/search/", {"by": "ssn", "text": ssn})
    assert ssn not in found["Location"]
    revealed = officer.post(f"/records/{person.pk}/reveal/", {"field": "ssn", "reason": "Access request 12"})
    assert ssn.encode() in revealed.content  # the canary is alive

    # Sessions, job arguments kept in tables, the inbox and the searches are part of the dump.
    assert_silent("the database", dump())
    assert_silent("the data folder", everything_below(settings.DATA_DIR))
    assert_silent("the temporary folder", everything_below(temporary))
    assert_silent(
        "the logs", "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records).encode()
    )
    queued = broker_content(broker)
    assert base64.b64encode(str(job.pk).encode())[:20] in queued or str(job.pk).encode() in queued  # it was used
    assert_silent("the broker", queued)
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


def settle(job):
    job.refresh_from_db()
    while job.state in {"checking", "importing"}:
        work.run_slice(job_id=job.pk)
        job.refresh_from_db()


def broker_content(broker):
    values = []
    for key in broker.scan_iter():
        kind = broker.type(key)
        values += [
            key,
            *({b"list": lambda: broker.lrange(key, 0, -1), b"string": lambda: [broker.get(key)]}).get(kind, list)(),
        ]
    return b"\n".join(value for value in values if isinstance(value, bytes))
