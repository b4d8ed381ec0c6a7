"""Somebody who can write to the database, triggers off, changes what hangs on what: refused, and never a hang."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from ascend.keychain import clock, keyring, process, refresh, revocation, selectors, snapshot, transitions
from ascend.keychain.errors import KeySuspended, KeyTampered, KeyUnavailable
from ascend.keychain.models import Key, Revocation
from tests.integration.keychain.test_keyring import opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE_1970 = datetime(1960, 1, 1, tzinfo=UTC)


@pytest.fixture
def rewrite():
    """Write columns of the key table as someone with the database's password would, triggers off."""

    def execute(key, **columns):
        assignments = ", ".join(f'"{name}" = %s' for name in columns)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ascend_key DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE ascend_key SET {assignments} WHERE id = %s", [*columns.values(), key.id])
            cursor.execute("ALTER TABLE ascend_key ENABLE TRIGGER USER")

    return execute


def row(organization, level, **more):
    return Key.objects.get(organization_id=organization, level=level, **more)


def within_seconds(work):
    """Return the outcome of `work`, or fail if it does not end."""
    outcome = []

    def run():
        try:
            outcome.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "it does not end"
    return outcome[0]


@pytest.mark.parametrize("parent_level", [3, 4])
def test_parents_that_form_a_circle_are_tampering_and_no_endless_walk(organization, rewrite, parent_level):
    envelope = sealed(organization)
    rewrite(row(organization, 3), parent_id=row(organization, parent_level).id)
    keyring.close()
    with pytest.raises(KeyTampered):
        opened(organization, envelope)
    assert within_seconds(lambda: selectors.keychain(organization)).is_intact is False


@pytest.mark.parametrize("parent_level", [1, 2])
def test_a_data_key_hung_under_a_key_of_another_organization_is_tampering(
    organization, other_organization, rewrite, parent_level
):
    envelope = sealed(organization)
    sealed(other_organization)
    rewrite(row(organization, 4), parent_id=row(other_organization, parent_level).id)
    keyring.close()
    with pytest.raises(KeyTampered):
        opened(organization, envelope)
    assert within_seconds(lambda: selectors.keychain(organization)).is_intact is False


def test_a_moment_before_1970_is_tampering_like_any_other(organization, rewrite):
    envelope = sealed(organization)
    rewrite(row(organization, 2), activated_at=BEFORE_1970)
    keyring.close()
    with pytest.raises(KeyTampered):
        opened(organization, envelope)
    assert selectors.keychain(organization).is_intact is False


def test_a_rewritten_row_stops_no_other_organizations_refresh(organization, other_organization, rewrite, fake_clock):
    sealed(organization)
    sealed(other_organization)
    rewrite(row(organization, 2), activated_at=BEFORE_1970)
    fake_clock.advance(21)
    woken = threading.Event()
    refresh.begin_due(woken.set)
    assert woken.wait(10)
    refresh.look_and_install()
    assert process.tenancy(other_organization).lease.taken_at == clock.boot_seconds()
    assert process.tenancy(organization).valid_lease() is None


def test_a_row_read_before_a_change_and_checked_after_it_is_no_tampering(organization):
    sealed(organization)
    read_before = snapshot.read_many([organization])[organization]
    transitions.set_lease_seconds(organization_id=organization, seconds=60)
    snapshot.read(organization)
    snapshot.check(organization, read_before.rows.values())
    sealed(organization)


def test_a_row_put_back_is_noticed_also_after_an_older_reading_was_checked(organization, rewrite):
    sealed(organization)
    old = row(organization, 2)
    read_before = snapshot.read_many([organization])[organization]
    transitions.set_lease_seconds(organization_id=organization, seconds=60)
    snapshot.read(organization)
    snapshot.check(organization, read_before.rows.values())
    rewrite(old, lease_seconds=old.lease_seconds, state_version=old.state_version, seal=old.seal)
    with pytest.raises(KeyTampered):
        snapshot.read(organization)


def test_a_revocation_put_back_to_an_older_epoch_is_tampering(organization):
    envelope = sealed(organization)
    revocation.suspend(organization_id=organization, reason="Stop.")
    with pytest.raises(KeySuspended):
        opened(organization, envelope)
    Revocation.objects.filter(organization_id=organization).update(epoch=1, state="active")
    process.tenancy(organization).refuse_until = 0.0
    with pytest.raises(KeyTampered):
        opened(organization, envelope)


def test_an_organization_without_its_revocation_has_no_lease(organization):
    envelope = sealed(organization)
    Revocation.objects.filter(organization_id=organization).delete()
    process.lose(organization)
    with pytest.raises(KeyUnavailable):
        opened(organization, envelope)
