"""An answer that comes late never brings back what a denial took away (KC-34, KC-35), and how often KMS is asked."""

import threading
import time

import pytest
from django.utils import timezone

from ascend.keychain import acquisition, clock, keyring, process, refresh, revocation
from ascend.keychain.errors import KeySuspended, KeyUnavailable
from ascend.keychain.models import Revocation
from ascend.providers.contract import Denied
from tests.integration.failsecure.conftest import begin_empty, state_of
from tests.integration.keychain.test_keyring import opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)
GONE = Denied("The key is disabled.", "Enable it.")


def deny(organization_id):
    """Commit a denial, as the prober of another process does."""
    epoch = Revocation.objects.get(organization_id=organization_id).epoch
    assert revocation.deny(organization_id, epoch=epoch, denied=GONE, now=timezone.now())


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def crypto_calls(kms, key):
    return [call.operation for call in kms.calls if call.key_id == key.arn]


@pytest.mark.parametrize("heard", [True, False], ids=["epoch read first", "answer first"])
def test_a_refresh_in_flight_while_the_denial_commits_brings_nothing_back(kms, customer, fake_clock, heard):
    """The good answer is ready and held back; the denial commits; the answer is let go."""
    ours = customer()
    envelope = sealed(ours.organization_id)
    fake_clock.advance(21)
    with kms.faults.held_back("Decrypt") as answer:
        refresh.begin_due(lambda: None)
        assert answer.reached.wait(10)
        assert kms.calls[-1].outcome == "ok"
        deny(ours.organization_id)
        if heard:
            refresh.look_and_install()
            assert process.tenancy(ours.organization_id).lease is None
    assert until(refresh.has_finished)
    refresh.look_and_install()
    assert process.tenancy(ours.organization_id).lease is None
    with pytest.raises(KeySuspended):
        opened(ours.organization_id, envelope)
    assert state_of(ours.organization_id) == "suspended"


def test_a_first_lease_in_flight_while_the_denial_commits_is_never_installed(kms, customer, fake_clock):
    ours = customer()
    envelope = sealed(ours.organization_id)
    begin_empty()
    outcomes = []

    def take():
        from ascend.keychain import database

        try:
            outcomes.append(opened(ours.organization_id, envelope))
        except KeyUnavailable as refusal:
            outcomes.append(refusal)
        finally:
            database.connection().close()

    with kms.faults.held_back("Decrypt") as answer:
        thread = threading.Thread(target=take)
        thread.start()
        assert answer.reached.wait(10)
        deny(ours.organization_id)
    thread.join(10)
    assert isinstance(outcomes[0], KeySuspended)
    assert process.tenancy(ours.organization_id).lease is None


def test_a_slow_answer_counts_from_before_it_was_asked(kms, customer, fake_clock):
    ours = customer()
    sealed(ours.organization_id)
    begin_empty()
    with kms.faults.held_back("Decrypt") as answer:
        thread = threading.Thread(target=acquisition.lease_for, args=(ours.organization_id,))
        thread.start()
        assert answer.reached.wait(10)
        fake_clock.advance(20)
    thread.join(10)
    assert process.tenancy(ours.organization_id).lease.ends_at - clock.boot_seconds() == 10


def test_a_warm_request_path_asks_kms_nothing(kms, customer, fake_clock):
    """KC-36."""
    ours, theirs = customer(), customer()
    envelopes = {one.organization_id: sealed(one.organization_id) for one in (ours, theirs)}
    before = len(kms.calls)
    for _ in range(500):
        for organization_id, envelope in envelopes.items():
            opened(organization_id, envelope)
            sealed(organization_id)
    assert len(kms.calls) == before


def test_a_lease_costs_at_most_two_calls(kms, customer, fake_clock):
    ours = customer()
    envelope = sealed(ours.organization_id)
    begin_empty()
    for _ in range(5):
        before = len(kms.calls)
        opened(ours.organization_id, envelope)
        fake_clock.advance(21)
        refresh.begin_due(lambda: None)
        assert until(lambda: refresh.has_finished() or not process.tenancy(ours.organization_id).is_refreshing)
        refresh.look_and_install()
        assert len(kms.calls) - before <= 2
    assert set(crypto_calls(kms, ours.key)) <= {"GenerateDataKey", "Decrypt"}


def test_a_crowd_without_a_lease_makes_one_call(kms, customer):
    ours = customer()
    envelope = sealed(ours.organization_id)
    keyring.close()
    begin_empty()
    before, outcomes = len(kms.calls), []

    def work():
        from ascend.keychain import database

        try:
            outcomes.append(opened(ours.organization_id, envelope))
        finally:
            database.connection().close()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert outcomes == [b"value"] * 16
    assert len(kms.calls) - before == 1


def test_while_suspended_only_the_prober_asks(kms, customer, fake_clock):
    """KC-44."""
    ours = customer()
    envelope = sealed(ours.organization_id)
    deny(ours.organization_id)
    before = len(kms.calls)
    for _ in range(20):
        with pytest.raises(KeySuspended):
            opened(ours.organization_id, envelope)
        fake_clock.advance(3)
    assert len(kms.calls) == before
