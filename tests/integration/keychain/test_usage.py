"""A key seals no more messages than its suite allows, whoever crashes or rolls back (KC-50 to KC-54)."""

import os
import threading

import pytest
from django.db import connection, transaction

from ascend.envelope.budget import BLOCK_MESSAGES, HARD_LIMIT_MESSAGES, SOFT_LIMIT_MESSAGES
from ascend.envelope.errors import BudgetExhausted
from ascend.keychain import budget, keyring, revocation, succession
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.models import Key
from ascend.scope import organization_scope
from tests.integration.keychain.test_keyring import LABEL, opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)


def data_key(organization):
    return Key.objects.get(organization_id=organization, level=4, primary=True)


def set_usage(organization, usage):
    with connection.cursor() as cursor:
        cursor.execute(
            'UPDATE ascend_key SET usage = %s WHERE organization_id = %s AND level = 4 AND "primary"',
            [usage, organization],
        )


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 8 messages, so that tests reach their ends."""
    monkeypatch.setattr("ascend.envelope.budget.BLOCK_MESSAGES", 8)
    monkeypatch.setattr("ascend.keychain.budget.UsageBlock", lambda: REAL_BLOCK(8))


REAL_BLOCK = budget.UsageBlock


def test_a_block_is_persisted_before_its_first_message(organization):
    sealed(organization)
    assert data_key(organization).usage == BLOCK_MESSAGES


def test_a_spent_block_is_followed_by_another(organization, small_blocks):
    for _ in range(17):
        sealed(organization)
    assert data_key(organization).usage == 24


def test_the_next_block_is_drawn_ahead_at_half_use(organization, small_blocks, django_assert_num_queries):
    for _ in range(3):
        sealed(organization)
    allowance = budget.allowance(data_key(organization).id, organization)
    allowance.draw_ahead()
    assert data_key(organization).usage == 8
    sealed(organization)
    allowance.draw_ahead()
    allowance.draw_ahead()
    assert data_key(organization).usage == 16
    with django_assert_num_queries(0):
        for _ in range(12):
            sealed(organization)
    assert data_key(organization).usage == 16


def test_threads_never_seal_more_than_was_persisted(organization, small_blocks):
    sealed(organization)
    threads = [threading.Thread(target=lambda: [sealed(organization) for _ in range(50)]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert data_key(organization).usage >= 301
    assert budget.allowance(data_key(organization).id, organization).uses() <= data_key(organization).usage


def test_a_rollback_of_the_caller_gives_no_nonces_back(organization, small_blocks):
    sealed(organization)
    with transaction.atomic():
        for _ in range(20):
            sealed(organization)
        transaction.set_rollback(True)
    assert data_key(organization).usage == 24


def test_at_the_hard_limit_a_draw_is_refused(organization):
    sealed(organization)
    set_usage(organization, HARD_LIMIT_MESSAGES)
    with pytest.raises(BudgetExhausted):
        budget.draw(data_key(organization).id)
    assert data_key(organization).usage == HARD_LIMIT_MESSAGES


def test_a_sealer_at_the_hard_limit_refuses_rather_than_goes_on(organization, small_blocks):
    with organization_scope(organization):
        sealer = keyring.field_keys(LABEL).sealer(organization)
        set_usage(organization, HARD_LIMIT_MESSAGES)
        for _ in range(8):
            sealer.seal(b"x")
        for _ in range(3):
            with pytest.raises(BudgetExhausted):
                sealer.seal(b"x")


def test_a_key_past_its_soft_limit_gets_a_successor_for_new_values(organization):
    old = sealed(organization)
    row = data_key(organization)
    set_usage(organization, SOFT_LIMIT_MESSAGES)
    keyring.close()
    new = sealed(organization)
    assert new[:9] != old[:9]
    assert opened(organization, old) == opened(organization, new) == b"value"
    row.refresh_from_db()
    assert row.successor_id == data_key(organization).id
    assert (row.primary, row.state) == (False, "active")


def test_a_sealer_that_lives_on_hands_over_at_the_soft_limit(organization, small_blocks):
    with organization_scope(organization):
        sealer = keyring.field_keys(LABEL).sealer(organization)
        first = sealer.seal(b"x")
        budget.allowance(data_key(organization).id, organization).usage = SOFT_LIMIT_MESSAGES
        headers = {sealer.seal(b"x")[:9] for _ in range(20)}
    assert headers == {first[:9], bytes([1]) + bytes(data_key(organization).short_id)}
    assert len(headers) == 2


def test_threads_that_meet_the_soft_limit_make_one_successor(organization):
    sealed(organization)
    set_usage(organization, SOFT_LIMIT_MESSAGES)
    keyring.close()
    threads = [threading.Thread(target=sealed, args=(organization,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Key.objects.filter(organization_id=organization, level=4).count() == 2


def test_rotations_that_meet_leave_one_primary_key_and_every_value_readable(organization):
    envelopes = [sealed(organization)]
    rotated = []

    def rotate():
        try:
            rotated.append(succession.rotate(organization))
            envelopes.append(sealed(organization))
        except KeyUnavailable:
            rotated.append(0)  # another one ended its lease, and nothing was changed: it may be asked for again
        finally:
            connection.close()

    threads = [threading.Thread(target=rotate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rotated) == 4
    assert sum(rotated) >= 1
    assert Key.objects.filter(organization_id=organization, level=4).count() == 1 + sum(rotated)
    assert Key.objects.filter(organization_id=organization, level=4, primary=True).count() == 1
    assert {opened(organization, envelope) for envelope in envelopes} == {b"value"}


def test_a_rotation_that_fails_in_the_middle_changes_nothing(organization, monkeypatch):
    sealed(organization)
    monkeypatch.setattr(revocation, "renew_epoch", None)
    with pytest.raises(TypeError):
        succession.rotate(organization)
    assert Key.objects.filter(organization_id=organization, level=4).count() == 1
    assert data_key(organization).primary


def test_a_forked_child_draws_a_block_of_its_own(organization):
    sealed(organization)
    assert data_key(organization).usage == BLOCK_MESSAGES
    read, write = os.pipe()
    connection.close()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, sealed(organization)[:9])
        finally:
            os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert os.read(read, 9) == sealed(organization)[:9]
    assert data_key(organization).usage == 2 * BLOCK_MESSAGES
