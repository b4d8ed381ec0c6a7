"""A transaction that keeps one organization's keys locked makes no other organization wait."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from ascend.keychain import database
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.models import Key
from tests.integration.keychain.conftest import fresh_process, organization, other_organization  # noqa: F401 (fixtures)
from tests.integration.keychain.test_keyring import sealed

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS = 2 * database.THREADS


def under_new_label(owner, number):
    """Seal under a label without a key yet; return how it was refused."""
    try:
        sealed(owner, label=f"app.model.new{number}")
    except (KeyUnavailable, OperationalError) as error:
        return error
    finally:
        connection.close()
    return None


def someone_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def test_it_delays_no_other_organization(organization, other_organization):  # noqa: F811
    sealed(organization)
    sealed(other_organization)
    with ThreadPoolExecutor(CALLERS + 1) as callers, transaction.atomic():
        list(Key.objects.select_for_update().filter(organization_id=organization))
        waiting = [callers.submit(under_new_label, organization, number) for number in range(CALLERS)]
        pause = threading.Event()
        while not someone_waits():
            pause.wait(0.05)
        pause.wait(0.3)  # long enough for all of them to stand in line
        other = callers.submit(under_new_label, other_organization, 0)
        assert other.result(timeout=3) is None
        assert all(isinstance(each.result(timeout=30), KeyUnavailable | OperationalError) for each in waiting)
    assert under_new_label(organization, 0) is None
