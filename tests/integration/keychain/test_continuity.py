"""After a restore or in a clone, no key that came with it seals another value (KC-55)."""

import pytest
from django.db import connection

from ascend.keychain import continuity, keyring
from ascend.keychain.models import Continuity, Key, Revocation
from tests.integration.keychain.test_keyring import LABEL, opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)


def data_keys(organization):
    return Key.objects.filter(organization_id=organization, level=4, context_label=LABEL).order_by("created_at")


@pytest.fixture
def restored(monkeypatch):
    """Let the database be another one from now on, as after a restore into a new cluster."""

    def restore():
        monkeypatch.setattr(continuity, "_database_identity", lambda: "another cluster")
        keyring.close()

    return restore


def test_the_first_look_retires_nothing(organization):
    sealed(organization)
    keyring.close()
    sealed(organization)
    assert data_keys(organization).count() == 1
    assert Continuity.objects.get().since is None


def test_new_values_get_a_new_key_and_old_values_open(organization, restored):
    before = sealed(organization)
    restored()
    after = sealed(organization)
    old, new = data_keys(organization)
    assert (bytes(before[1:9]), bytes(after[1:9])) == (bytes(old.short_id), bytes(new.short_id))
    assert (old.state, old.primary, old.successor_id, new.primary) == ("active", False, new.pk, True)
    assert opened(organization, before) == opened(organization, after)


def test_each_restore_is_answered_once(organization, restored, caplog):
    sealed(organization)
    restored()
    sealed(organization)
    keyring.close()
    sealed(organization)
    assert data_keys(organization).count() == 2
    assert caplog.messages.count("keychain:database:replaced") == 1


def test_processes_that_hold_leases_are_told(organization, restored):
    sealed(organization)
    epoch = Revocation.objects.get(organization_id=organization).epoch
    restored()
    keyring.require(organization)
    assert Revocation.objects.get(organization_id=organization).epoch > epoch


def test_another_deployment_is_another_database(settings):
    here = continuity.identity()
    settings.ASCEND_DEPLOYMENT = "staging"
    assert continuity.identity() != here


def test_tables_that_a_dump_brought_are_other_tables():
    here = continuity.identity()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE key_of_a_dump (LIKE ascend_key)")
        cursor.execute("ALTER TABLE ascend_key RENAME TO key_before")
        cursor.execute("ALTER TABLE key_of_a_dump RENAME TO ascend_key")
        there = continuity.identity()
        cursor.execute("DROP TABLE ascend_key")
        cursor.execute("ALTER TABLE key_before RENAME TO ascend_key")
    assert there != here == continuity.identity()
