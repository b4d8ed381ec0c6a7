"""Real threads, real processes, real clocks: what the ticker, the prober and a fork do."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.db import connection

from ascend.keychain import broadcast, counters, keyring, memory, process, revocation, ticker
from ascend.keychain.errors import KeySuspended, KeyUnavailable
from ascend.keychain.models import Key, Lease, Revocation
from ascend.scope import organization_scope
from tests.integration.keychain.test_keyring import LABEL, opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)


def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def refused(organization, envelope):
    try:
        opened(organization, envelope)
    except KeyUnavailable:
        return True
    return False


def environment(settings):
    """Return what another process needs to be of this deployment and on this test's database."""
    database = connection.settings_dict
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.integration.keychain.other_process_settings",
        "PGDATABASE": database["NAME"],
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"]),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database["PASSWORD"]),
        "ASCEND_LOCAL_KEYS_DIR": str(settings.ASCEND_LOCAL_KEYS_DIR),
        "ASCEND_DEPLOYMENT": django_settings.ASCEND_DEPLOYMENT,
        "ASCEND_ENVIRONMENT": django_settings.ASCEND_ENVIRONMENT,
        "ASCEND_REGISTRY_KEY": django_settings.ASCEND_REGISTRY_KEY,
    }


def other_process(settings, *arguments):
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path.cwd(),
    )  # fmt: skip


def test_the_ticker_starts_with_the_first_lease_and_not_before(organization):
    names = {thread.name for thread in threading.enumerate()}
    assert "ascend-ticker" not in names
    keyring.require(organization)
    assert "ascend-ticker" in {thread.name for thread in threading.enumerate()}
    keyring.close()
    assert "ascend-ticker" not in {thread.name for thread in threading.enumerate()}


def test_the_ticker_keeps_a_used_lease_alive(organization, settings):
    settings.ASCEND_LEASE_SECONDS = 5
    envelope = sealed(organization)
    first = process.tenancy(organization).lease
    ends_at = first.ends_at
    assert until(lambda: opened(organization, envelope) and first.ends_at > ends_at)
    assert process.tenancy(organization).lease is first


def test_another_process_that_suspends_is_obeyed_within_seconds(organization, settings):
    envelope = sealed(organization)
    code = (
        "import django, sys, uuid; django.setup()\n"
        "from ascend.keychain import revocation\n"
        "revocation.suspend(organization_id=uuid.UUID(sys.argv[1]), reason='From afar.')\n"
    )
    assert other_process(settings, "-c", code, str(organization)).wait(30) == 0
    assert until(lambda: refused(organization, envelope), 6)
    with pytest.raises(KeySuspended, match="From afar"):
        opened(organization, envelope)


class Loudspeaker:
    """A broadcast within one process."""

    callbacks = []

    def publish(self, organization_id: UUID):
        for callback in self.callbacks:
            callback()

    def listen(self, callback):
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)


def test_a_message_makes_a_process_look_at_once(organization, settings, monkeypatch):
    monkeypatch.setattr(ticker, "EPOCHS_EVERY_SECONDS", 3600)
    settings.ASCEND_BROADCAST = f"{__name__}.Loudspeaker"
    envelope = sealed(organization)
    time.sleep(1)
    opened(organization, envelope)
    revocation.suspend(organization_id=organization, reason="x")
    assert until(lambda: refused(organization, envelope), 3)
    keyring.close()
    assert Loudspeaker.callbacks == []


def test_a_message_is_published_after_its_commit_and_not_without(organization, settings, monkeypatch):
    seen = []
    keyring.require(organization)
    monkeypatch.setattr(
        broadcast, "publish", lambda about: seen.append(Revocation.objects.get(organization_id=about).state)
    )
    revocation.suspend(organization_id=organization, reason="x")
    assert seen == ["suspended"]


def test_what_a_process_holds_is_published_and_withdrawn(organization, monkeypatch):
    monkeypatch.setattr(ticker, "PUBLISH_EVERY_SECONDS", 0)
    envelope = sealed(organization)
    for _ in range(9):
        opened(organization, envelope)
    assert until(lambda: Lease.objects.filter(organization_id=organization, hits=10).exists())
    row = Lease.objects.get(organization_id=organization)
    assert row.process == counters.process_name()
    assert row.unwraps == 1
    assert row.expires_at > row.published_at
    keyring.close()
    assert not Lease.objects.exists()


def test_rows_of_processes_that_ended_are_removed(organization):
    from datetime import timedelta

    from django.utils import timezone

    old = timezone.now() - timedelta(seconds=counters.KEEP_SECONDS + 1)
    Lease.objects.create(
        process="gone:1:1", organization_id=organization, epoch=1, taken_at=old, expires_at=old, published_at=old
    )
    counters.publish()
    assert not Lease.objects.exists()


def test_a_forked_child_begins_without_keys_and_takes_its_own(organization):
    envelope = sealed(organization)
    opened(organization, envelope)
    connection.close()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            empty = not process.tenancies() and not keyring.field_keys(LABEL)._openers
            works = opened(organization, envelope) == b"value" and sealed(organization)[:9] == envelope[:9]
            alive = "ascend-ticker" in {thread.name for thread in threading.enumerate()}
            code = 0 if empty and works and alive else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert opened(organization, envelope) == b"value"


def test_an_opener_carried_over_a_fork_holds_no_key(organization):
    envelope = sealed(organization)
    with organization_scope(organization):
        opener = keyring.field_keys(LABEL).opener(envelope[:9])
        connection.close()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                held = opener.decrypt.__name__ == "decrypt"
                code = 0 if not held and opener.open(envelope) == b"value" else 2
            finally:
                os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_process_that_holds_keys_leaves_no_core_file():
    code = (
        "import ctypes, resource; from ascend.keychain import memory; memory.harden_process();"
        "assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0;"
        "assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_system_without_prctl_is_tolerated(monkeypatch, caplog):
    def missing(*_, **__):
        raise OSError

    monkeypatch.setattr(memory.ctypes, "CDLL", missing)
    memory.harden_process()
    assert "prctl" in caplog.text


def test_the_prober_suspends_and_resumes_without_a_restart(organization, other_organization, settings, key_file):
    envelope, other_envelope = sealed(organization), sealed(other_organization)
    prober = other_process(settings, "manage.py", "prober")
    try:
        probed = Revocation.objects.filter(organization_id=organization, probed_at__isnull=False)
        assert until(probed.exists, 20)
        path = key_file(organization)
        path.rename(path.with_suffix(".away"))
        assert until(lambda: refused(organization, envelope), 20)
        assert Revocation.objects.get(organization_id=organization).state == "suspended"
        assert opened(other_organization, other_envelope) == b"value"
        path.with_suffix(".away").rename(path)
        assert until(lambda: not refused(organization, envelope), 30)
        assert Revocation.objects.get(organization_id=other_organization).epoch == 1
    finally:
        prober.send_signal(signal.SIGTERM)
        output, _ = prober.communicate(timeout=20)
    assert prober.returncode == 0, output
    assert "Probing" in output


def test_two_probers_have_one_leader(organization, settings):
    from ascend.keychain import database, leadership

    answers = []

    def lead():
        database.mark_thread()
        answers.append(leadership.is_leader())
        answers.append(leadership.is_leader())
        done.wait(20)
        leadership.resign()

    done = threading.Event()
    first = threading.Thread(target=lead)
    first.start()
    assert until(lambda: len(answers) == 2)
    assert answers == [True, True]
    assert not leadership.is_leader()
    done.set()
    first.join()
    assert until(leadership.is_leader)
    leadership.resign()


def test_processes_that_begin_at_once_end_with_one_chain(organization, settings):
    code = (
        "import django, sys, uuid; django.setup()\n"
        "from ascend.keychain import keyring\n"
        "from ascend.scope import organization_scope\n"
        "organization = uuid.UUID(sys.argv[1])\n"
        "with organization_scope(organization):\n"
        "    print(keyring.field_keys('app.model.field').sealer(organization).seal(b'value').hex())\n"
        "keyring.close()\n"
    )
    children = [other_process(settings, "-c", code, str(organization)) for _ in range(4)]
    outputs = [child.communicate(timeout=60)[0].strip().splitlines()[-1] for child in children]
    assert [child.returncode for child in children] == [0] * 4, outputs
    assert len({output[:18] for output in outputs}) == 1
    assert Key.objects.for_organization(organization).count() == 4
    for output in outputs:
        assert opened(organization, bytes.fromhex(output)) == b"value"
