"""A row that somebody changed in the database is refused for the whole organization (KC-20 to KC-23)."""

from base64 import b64encode
from uuid import uuid4

import pytest
from django.db import connection

from ascend.keychain import keyring, process, provisioning, snapshot
from ascend.keychain.errors import KeyTampered, KeyUnavailable
from ascend.keychain.models import Key
from ascend.keychain.seals import canonical_bytes
from tests.integration.keychain.test_keyring import LABEL, opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)

# Every column but `usage`, which grows without a seal (a trigger lets it only grow), and per column a wrong value.
WRONG = {
    "organization_id": str(uuid4()),
    "environment": "elsewhere",
    "purpose": "secrets",
    "classification": "public",
    "context_label": "app.model.moved",
    "provider_uri": "local:mine",
    "material_id": "other",
    "provider_request_id": "other",
    "check_value": b"\0" * 16,
    "algorithm": "xaes-256-gcm",
    "state_version": 7,
    "created_at": "2001-01-01T00:00:00Z",
    "activated_at": "2001-01-01T00:00:00Z",
    "deactivated_at": "2001-01-01T00:00:00Z",
    "lease_seconds": 300,
    "approval_hash": b"\1" * 32,
    "seal": b"\0" * 32,
}
# Refused by a constraint before a seal could say anything: nothing to test here.
IMPOSSIBLE = {"id", "level", "parent_id", "destroyed_at", "usage"}
# Need a value that depends on the row.
OTHERWISE = {"short_id", "wrapped", "primary", "state", "successor_id"}


@pytest.fixture
def unguarded():
    """A writer of the database who turned the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ascend_key DISABLE TRIGGER USER")
        yield cursor
        cursor.execute("ALTER TABLE ascend_key ENABLE TRIGGER USER")


def flip(cursor, organization, level, column, value):
    cursor.execute(
        f'UPDATE ascend_key SET "{column}" = %s WHERE organization_id = %s AND level = %s',
        [value, organization, level],
    )
    assert cursor.rowcount == 1


def level_of(column):
    return {"provider_uri": 1, "lease_seconds": 2, "material_id": 2, "provider_request_id": 2}.get(column, 4)


def test_every_column_of_the_table_is_accounted_for():
    columns = {field.column for field in Key._meta.concrete_fields}
    assert columns == set(WRONG) | IMPOSSIBLE | OTHERWISE


@pytest.mark.parametrize("column", sorted(set(WRONG) - {"organization_id", "environment"}))
def test_each_changed_column_is_noticed(organization, unguarded, column):
    envelope = sealed(organization)
    flip(unguarded, organization, level_of(column), column, WRONG[column])
    keyring.close()
    with pytest.raises(KeyTampered) as refusal:
        opened(organization, envelope)
    assert refusal.value.organization_id == organization
    assert refusal.value.fix
    with pytest.raises(KeyTampered):
        keyring.require(organization)


@pytest.mark.parametrize(
    ("column", "level", "value"),
    [
        ("short_id", 4, b"12345678"),
        ("wrapped", 2, b"\1" * 61),
        ("wrapped", 3, b"\1" * 61),
        ("wrapped", 4, b"\1" * 61),
        ("primary", 4, False),
        ("state", 1, "pre_active"),
        ("state", 2, "suspended"),
        ("state", 4, "pre_active"),
    ],
)
def test_each_changed_column_with_a_rule_of_its_own_is_noticed(organization, unguarded, column, level, value):
    envelope = sealed(organization)
    flip(unguarded, organization, level, column, value)
    keyring.close()
    if (column, level) in {("primary", 4), ("short_id", 4)}:
        # Not read with the keyring any more: found, and refused, when a value names it or a key is wanted.
        row = Key.objects.get(organization_id=organization, level=4)
        with pytest.raises(KeyTampered):
            snapshot.check(organization, [row])
        return
    with pytest.raises(KeyTampered):
        opened(organization, envelope)


def test_a_changed_successor_is_noticed(organization, unguarded):
    envelope = sealed(organization)
    flip(unguarded, organization, 4, "successor_id", Key.objects.get(organization_id=organization, level=3).id)
    keyring.close()
    with pytest.raises(KeyTampered):
        opened(organization, envelope)


def test_a_row_handed_to_another_organization_is_noticed(organization, other_organization, unguarded):
    sealed(organization)
    envelope = sealed(other_organization)
    flip(unguarded, organization, 3, "organization_id", str(other_organization))
    keyring.close()
    with pytest.raises(KeyTampered):
        opened(other_organization, envelope)


def test_a_row_put_back_to_an_older_version_is_noticed(organization, unguarded):
    envelope = sealed(organization)
    old = (
        Key.objects.filter(organization_id=organization, level=2).values("lease_seconds", "state_version", "seal").get()
    )
    from ascend.keychain import transitions

    transitions.set_lease_seconds(organization_id=organization, seconds=60)
    keyring.close()
    assert opened(organization, envelope) == b"value"
    for column, value in old.items():
        flip(unguarded, organization, 2, column, value)
    keyring.close()
    with pytest.raises(KeyTampered, match="older version"):
        opened(organization, envelope)


def test_the_other_organization_notices_nothing(organization, other_organization, unguarded):
    sealed(organization)
    envelope = sealed(other_organization)
    flip(unguarded, organization, 2, "seal", b"\0" * 32)
    keyring.close()
    with pytest.raises(KeyTampered):
        keyring.require(organization)
    assert opened(other_organization, envelope) == b"value"


def test_a_foreign_registry_key_believes_nothing(organization, settings):
    sealed(organization)
    keyring.close()
    settings.ASCEND_REGISTRY_KEY = "A" * 43 + "="
    with pytest.raises(KeyTampered):
        keyring.require(organization)


def test_an_event_is_sent_once_for_a_tampered_row(organization, unguarded, monkeypatch):
    events = []
    monkeypatch.setattr("ascend.journal.to_logging", lambda event, **_: events.append(event))
    sealed(organization)
    flip(unguarded, organization, 2, "seal", b"\0" * 32)
    keyring.close()
    for _ in range(3):
        with pytest.raises(KeyTampered):
            keyring.require(organization)
        process.tenancy(organization).refuse_until = 0.0
    assert events.count("keychain:key:tampered") == 1


def resealed(row):
    from ascend.keychain import seals

    row.seal = seals.seal_of(row)
    return row


@pytest.mark.parametrize("level", [2, 3, 4])
def test_a_wrapped_key_moved_to_another_organizations_row_does_not_unwrap(
    organization, other_organization, unguarded, level
):
    """Even a holder of the registry key, who can seal anything, cannot move a key."""
    sealed(organization)
    envelope = sealed(other_organization)
    source = Key.objects.get(organization_id=organization, level=level)
    target = Key.objects.get(organization_id=other_organization, level=level)
    target.wrapped, target.check_value = source.wrapped, source.check_value
    resealed(target).save()
    keyring.close()
    with pytest.raises(KeyUnavailable) as refusal:
        opened(other_organization, envelope)
    assert refusal.value.code == "key-damaged"


def test_a_wrapped_key_moved_to_another_row_of_its_organization_does_not_unwrap(organization, unguarded):
    sealed(organization)
    envelope = sealed(organization, label="app.model.other")
    source = Key.objects.get(organization_id=organization, context_label=LABEL)
    target = Key.objects.get(organization_id=organization, context_label="app.model.other")
    target.wrapped, target.check_value = source.wrapped, source.check_value
    resealed(target).save()
    keyring.close()
    with pytest.raises(KeyUnavailable) as refusal:
        opened(organization, envelope, label="app.model.other")
    assert refusal.value.code == "key-damaged"


def test_another_deployment_unwraps_nothing(organization, settings):
    envelope = sealed(organization)
    keyring.close()
    settings.ASCEND_DEPLOYMENT = "staging"
    with pytest.raises(KeyUnavailable) as refusal:
        opened(organization, envelope)
    assert refusal.value.code == "key-damaged"


def test_canonical_bytes_tell_absent_from_empty(organization):
    provisioning.provision(organization)
    row = Key.objects.get(organization_id=organization, level=1)
    absent = canonical_bytes(row)
    row.approval_hash = b""
    assert canonical_bytes(row) != absent


def test_a_wrong_registry_key_is_named_before_an_intruder(organization, settings):
    sealed(organization)
    keyring.close()
    settings.ASCEND_REGISTRY_KEY = b64encode(bytes(32)).decode()
    with pytest.raises(KeyTampered) as refusal:
        keyring.require(organization)
    assert "ASCEND_REGISTRY_KEY" in str(refusal.value.fix)
