"""Somebody who can write to the database, triggers off, changes what hangs on what: refused, and never a hang."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from ascend.keychain import clock, keyring, process, refresh, selectors
from ascend.keychain.errors import KeyTampered
from ascend.keychain.models import Key
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
