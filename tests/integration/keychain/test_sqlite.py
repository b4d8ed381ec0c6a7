"""The library alone on SQLite: each test runs in a process of its own, with settings of its own."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PRELUDE = """
import django; django.setup()
from uuid import uuid4
from django.core.management import call_command
from django.db import connection, transaction
from ascend.envelope.budget import BLOCK_MESSAGES
from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import budget, keyring, process, revocation, transitions
from ascend.keychain.errors import KeySuspended, KeyTampered
from ascend.keychain.models import Key
from ascend.scope import organization_scope
call_command("migrate", verbosity=0)
organization = uuid4()
keys = keyring.field_keys("app.model.field")
def seal():
    with organization_scope(organization):
        return keys.sealer(organization).seal(b"value")
def unseal(envelope):
    with organization_scope(organization):
        return keys.opener(envelope[:9]).open(envelope)
def rolled_back(work):
    with transaction.atomic():
        result = work()
        transaction.set_rollback(True)
    return result
def data_key():
    return Key.objects.get(level=4, primary=True)
"""


def run(tmp_path, body, *, database=None):
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "tests.library_settings",
        "LIBRARY_SQLITE": database or str(tmp_path / "db.sqlite3"),
        "ASCEND_LOCAL_KEYS_DIR": str(tmp_path / "keys"),
        "PYTHONPATH": str(Path.cwd()),
    }
    code = PRELUDE + textwrap.dedent(body) + "\nkeyring.close()\nprint('held')\n"
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:ascend", "-c", code],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("held\n")


@pytest.mark.parametrize("database", [None, ":memory:"])
def test_values_go_in_and_come_out(tmp_path, database):
    body = """
    envelope = seal()
    assert unseal(envelope) == b"value"
    keyring.close()
    assert unseal(envelope) == b"value"
    assert [row.level for row in Key.objects.order_by("level")] == [1, 2, 3, 4]
    """
    run(tmp_path, body, database=database)


def test_a_data_key_that_was_rolled_back_is_not_used_again(tmp_path):
    body = """
    first = rolled_back(seal)
    assert Key.objects.count() == 0
    second = seal()
    assert second[:9] != first[:9]
    keyring.close()
    assert unseal(second) == b"value"
    """
    run(tmp_path, body)


def test_a_kept_sealer_notices_the_rollback_of_its_key(tmp_path):
    body = """
    with organization_scope(organization):
        sealer = rolled_back(lambda: keys.sealer(organization))
        second = sealer.seal(b"value")
        keyring.close()
        assert unseal(second) == b"value"
    """
    run(tmp_path, body)


def test_a_key_rolled_back_to_a_savepoint_is_not_used_again(tmp_path):
    body = """
    with transaction.atomic():
        first = rolled_back(seal)
        second = seal()
        third = seal()
    assert first[:9] != second[:9] == third[:9]
    keyring.close()
    assert unseal(second) == unseal(third) == b"value"
    """
    run(tmp_path, body)


def test_a_key_of_a_transaction_that_committed_is_used_on(tmp_path):
    body = """
    with transaction.atomic():
        first = seal()
        second = seal()
    third = seal()
    assert first[:9] == second[:9] == third[:9]
    assert Key.objects.count() == 4
    """
    run(tmp_path, body)


def test_only_a_field_key_of_a_rolled_back_transaction_is_void_where_the_chain_stood_before(tmp_path):
    body = """
    stood = seal()
    other = keyring.field_keys("app.model.other")
    with organization_scope(organization):
        first = rolled_back(lambda: other.sealer(organization).seal(b"x"))
        second = other.sealer(organization).seal(b"x")
        assert first[:9] != second[:9]
        keyring.close()
        assert other.opener(second[:9]).open(second) == b"x"
    assert unseal(stood) == b"value"
    """
    run(tmp_path, body)


# Thread A makes a key in a transaction that it rolls back; meanwhile thread B needs the same key.
TWO_THREADS = """
    import threading
    made, used, outcome = threading.Event(), threading.Event(), []
    def other():
        made.wait(10)
        outcome.append(work())
        used.set()
        connection.close()
    thread = threading.Thread(target=other)
    thread.start()
    with transaction.atomic():
        work()
        made.set()
        used.wait(2)
        transaction.set_rollback(True)
    thread.join(20)
    keyring.close()
"""


@pytest.mark.parametrize("before", ["", "    keyring.field_keys('app.model.other').sealer(organization)\n"])
def test_a_key_in_another_threads_transaction_is_not_used(tmp_path, before):
    body = f"{before}    work = seal{TWO_THREADS}    assert unseal(outcome[0]) == b'value'\n"
    run(tmp_path, body)


def test_an_index_root_in_another_threads_transaction_is_not_used(tmp_path):
    body = f"""
    def work():
        with organization_scope(organization):
            return keys.index_key(organization, label_or_group="g", transform="exact").digest("v")
{TWO_THREADS}
    assert work() == outcome[0]
    """
    run(tmp_path, body)


def test_an_index_root_that_was_rolled_back_is_not_used_again(tmp_path):
    body = """
    def digest():
        with organization_scope(organization):
            return keys.index_key(organization, label_or_group="g", transform="exact").digest("v")
    seal()
    first = rolled_back(lambda: (digest(), digest()))
    assert first[0] == first[1]
    second = digest()
    assert second != first[0]
    keyring.close()
    assert digest() == second
    """
    run(tmp_path, body)


def test_a_draw_that_was_rolled_back_is_added_again(tmp_path):
    body = """
    seal()
    keyring.close()
    rolled_back(seal)
    assert data_key().usage == BLOCK_MESSAGES
    allowance = budget.allowance(data_key().id, organization)
    allowance._ahead = allowance._drawn()
    assert data_key().usage == 3 * BLOCK_MESSAGES
    """
    run(tmp_path, body)


def test_triggers_hold_the_same_rules(tmp_path):
    body = """
    from django.db import DatabaseError
    seal()
    for change in ("usage = 0", "state = 'destroyed'", "state = 'suspended'", "short_id = 'x'", "state_version = 0"):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE ascend_key SET {change} WHERE level = 4")
        except DatabaseError as error:
            assert "ascend" in str(error), error
        else:
            raise SystemExit(change)
    """
    run(tmp_path, body)


def test_a_tampered_row_is_noticed(tmp_path):
    body = """
    envelope = seal()
    Key.objects.filter(level=2).update(material_id="other")
    keyring.close()
    try:
        unseal(envelope)
    except KeyTampered:
        pass
    else:
        raise SystemExit("not noticed")
    """
    run(tmp_path, body)


def test_a_missing_key_file_suspends_and_its_return_resumes(tmp_path):
    body = """
    from concurrent.futures import ThreadPoolExecutor
    from ascend.keychain import clock, prober as probing
    from django.conf import settings
    from pathlib import Path
    envelope = seal()
    keyring.close()
    path = Path(settings.ASCEND_LOCAL_KEYS_DIR) / f"{organization}.key"
    path.rename(path.with_suffix(".away"))
    try:
        unseal(envelope)
    except KeySuspended:
        pass
    else:
        raise SystemExit("not suspended")
    path.with_suffix(".away").rename(path)
    keyring.close()
    now = [0.0]
    clock.boot_seconds = lambda: now[0]
    prober = probing.Prober()
    for _ in range(2):
        with ThreadPoolExecutor(2) as threads:
            prober.step(threads)
        now[0] += 3.1
    assert unseal(envelope) == b"value"
    """
    run(tmp_path, body)


def test_a_change_of_the_lease_that_was_rolled_back_is_no_tampering(tmp_path):
    body = """
    envelope = seal()
    def change():
        transitions.set_lease_seconds(organization_id=organization, seconds=60)
        keyring.close()
        unseal(envelope)
    rolled_back(change)
    keyring.close()
    assert unseal(envelope) == b"value"
    """
    run(tmp_path, body)


def test_in_memory_no_thread_is_started(tmp_path):
    body = """
    import threading
    seal()
    assert [thread.name for thread in threading.enumerate()] == ["MainThread"], threading.enumerate()
    """
    run(tmp_path, body, database=":memory:")


def test_the_checks_find_nothing_wrong_but_the_local_provider(tmp_path):
    body = """
    from django.core import checks
    assert checks.run_checks() == []
    found = {message.id for message in checks.run_checks(include_deployment_checks=True)}
    assert "ascend.E005" in found
    """
    run(tmp_path, body)


def test_a_groups_key_that_was_rolled_back_is_not_used_again(tmp_path):
    body = """
    group = keyring.group_keys("email-address")
    with organization_scope(organization):
        sealer = rolled_back(lambda: group.sealer(organization))
        assert Key.objects.filter(level=4).count() == 0
        second = sealer.seal(b"value")
        assert second[:9] != sealer.header
        keyring.close()
        assert group.opener(second[:9]).open(second) == b"value"
        assert group.sealer(organization).seal(b"value") == second
    """
    run(tmp_path, body)
