"""What the key table's triggers and partial indexes refuse elsewhere, MariaDB refuses too (KC-10, KC-12, KC-13)."""

import threading
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from ascend.envelope import Suite
from ascend.keychain import keyring
from ascend.keychain.models import Key
from ascend.scope import organization_scope

pytestmark = pytest.mark.django_db(transaction=True)
LABEL = "app.model.field"


@pytest.fixture(autouse=True)
def keys_folder(settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path / "keys"
    keyring.close()


@pytest.fixture
def organization():
    return uuid4()


def seal(organization_id):
    with organization_scope(organization_id):
        return keyring.field_keys(LABEL).sealer(organization_id).seal(b"value")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("state = 'destroyed', state_version = state_version + 1", "may not change to this state"),
        ("`usage` = `usage` - 1", "usage never decreases"),
        ("state_version = 0", "older version"),
        ("state = 'suspended'", "new version"),
        ("short_id = 'another1'", "never changes"),
        ("short_id = NULL", "never changes"),
        ("organization_id = UUID()", "never changes"),
        ("context_label = 'moved'", "never changes"),
    ],
)
def test_a_change_that_no_service_would_make(organization, change, message):
    seal(organization)
    key = Key.objects.get(organization_id=organization, level=4)
    with pytest.raises(DatabaseError, match=message), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE ascend_key SET {change} WHERE id = %s", [key.pk.hex])


def test_a_key_that_begins_in_a_later_state(organization):
    seal(organization)
    key = Key.objects.get(organization_id=organization, level=4)
    key.pk, key.short_id, key.primary, key.state = uuid4(), b"12345678", False, "suspended"
    with pytest.raises(DatabaseError, match="begins as"), transaction.atomic():
        key.save(force_insert=True)


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_a_second_primary_key(organization, level):
    seal(organization)
    key = Key.objects.filter(organization_id=organization, level=level, primary=True).first()
    key.pk, key.short_id = uuid4(), key.short_id and b"12345678"
    with pytest.raises(DatabaseError, match="ascend_key_one_primary"), transaction.atomic():
        key.save(force_insert=True)


def test_threads_that_begin_at_once_end_with_one_chain(organization):
    sealed = []

    def begin():
        try:
            sealed.append(seal(organization))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sealed) == 4
    assert {envelope[0] for envelope in sealed} == {Suite.AES_256_GCM}
    assert Key.objects.filter(organization_id=organization, primary=True, level__in=[1, 2]).count() == 2
    assert Key.objects.filter(organization_id=organization, level=4, primary=True).count() == 1
