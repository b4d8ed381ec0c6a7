"""A lease ends by its clock, whatever else happens; what the owner refuses is refused here (KC-32 to KC-47)."""

import logging
import threading
import time

import pytest

from ascend.keychain import acquisition, clock, keyring, process, refresh, revocation, transitions
from ascend.keychain.clock import DriftGuard
from ascend.keychain.errors import KeyDamaged, KeySuspended, KeyUnavailable
from ascend.keychain.models import Key, Revocation
from ascend.providers.contract import Denied, Operator, Transient
from ascend.scope import organization_scope
from tests.integration.keychain.test_keyring import LABEL, opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)
DENIED = Denied("The key is disabled.", "Enable it.")
SLOW = Transient("No answer.", "Wait.", retry_after_seconds=7)


def nothing():
    pass


def refreshed(*_):
    """Do what the ticker does: ask whom it is due to ask, wait, and take in the answers."""
    refresh.begin_due(nothing)
    for _ in range(200):
        if not any(tenancy.is_refreshing for tenancy in process.tenancies()) or refresh.has_finished():
            break
        time.sleep(0.01)
    refresh.look_and_install()


def test_a_lease_saves_the_provider_from_being_asked_per_value(organization, fake_clock, provider):
    sealed(organization)
    asked = len(provider.calls)
    for _ in range(100):
        opened(organization, sealed(organization))
    assert len(provider.calls) == asked


def test_a_lease_ends_at_its_end(organization, fake_clock, provider):
    envelope = sealed(organization)
    provider.fails[str(organization)] = SLOW
    fake_clock.advance(29.9)
    assert opened(organization, envelope) == b"value"
    fake_clock.advance(0.2)
    with pytest.raises(KeyUnavailable):
        opened(organization, envelope)
    with pytest.raises(KeyUnavailable):
        sealed(organization)


def test_openers_that_somebody_kept_end_with_their_lease(organization, fake_clock, provider):
    envelope = sealed(organization)
    with organization_scope(organization):
        keys = keyring.field_keys(LABEL)
        opener, sealer = keys.opener(envelope[:9]), keys.sealer(organization)
        provider.fails[str(organization)] = SLOW
        fake_clock.advance(31)
        for use in (
            lambda: opener.open(envelope),
            lambda: sealer.seal(b"x"),
            lambda: sealer.seal_with(bytes(12), b"x"),
        ):
            with pytest.raises(KeyUnavailable):
                use()
        provider.fails.clear()
        process.tenancy(organization).refuse_until = 0.0
        assert opener.open(envelope) == b"value"
        assert opener.open(sealer.seal(b"x")) == b"x"


def test_the_clock_of_a_lease_starts_before_the_provider_is_asked(organization, fake_clock, provider, monkeypatch):
    sealed(organization)
    keyring.close()
    real = provider.unwrap

    def slow(*call):
        fake_clock.advance(20)
        return real(*call)

    monkeypatch.setattr(provider, "unwrap", slow)
    keyring.require(organization)
    lease = process.tenancy(organization).lease
    assert lease.ends_at - fake_clock.boot == 10


def test_a_provider_slower_than_the_lease_gives_none(organization, fake_clock, provider, monkeypatch):
    sealed(organization)
    keyring.close()
    real = provider.unwrap

    def slow(*call):
        fake_clock.advance(31)
        return real(*call)

    monkeypatch.setattr(provider, "unwrap", slow)
    with pytest.raises(KeyUnavailable) as refusal:
        keyring.require(organization)
    assert refusal.value.retry_after_seconds == 1


def test_a_transient_failure_names_when_to_come_back_and_suspends_nobody(organization, fake_clock, provider):
    sealed(organization)
    keyring.close()
    provider.fails[str(organization)] = SLOW
    with pytest.raises(KeyUnavailable) as refusal:
        keyring.require(organization)
    assert (refusal.value.reason, refusal.value.fix, refusal.value.retry_after_seconds) == ("No answer.", "Wait.", 7)
    assert Revocation.objects.get(organization_id=organization).state == "active"


def test_our_own_misconfiguration_suspends_nobody(organization, fake_clock, provider):
    sealed(organization)
    keyring.close()
    provider.fails[str(organization)] = Operator("No credentials.", "Set them.")
    with pytest.raises(KeyUnavailable, match="No credentials"):
        keyring.require(organization)
    assert Revocation.objects.get(organization_id=organization).state == "active"


def test_a_definitive_refusal_suspends_at_once_and_with_a_new_epoch(organization, fake_clock, provider, monkeypatch):
    events = []
    monkeypatch.setattr("ascend.journal.to_logging", lambda event, **about: events.append((event, about)))
    sealed(organization)
    keyring.close()
    provider.fails[str(organization)] = DENIED
    with pytest.raises(KeySuspended, match="The key is disabled. Enable it."):
        keyring.require(organization)
    row = Revocation.objects.get(organization_id=organization)
    assert (row.state, row.epoch, row.origin, row.reason) == ("suspended", 2, "provider", "The key is disabled.")
    event, about = events[-1]
    assert event == "keychain:organization:suspend"
    assert about["organization_id"] == organization


def test_a_journal_that_refuses_stops_the_change_but_not_the_refusal(organization, fake_clock, provider, monkeypatch):
    sealed(organization)
    keyring.close()

    def refuse(*_, **__):
        raise OSError("the log is full")

    monkeypatch.setattr("ascend.journal.to_logging", refuse)
    provider.fails[str(organization)] = DENIED
    with pytest.raises(OSError, match="the log is full"):
        keyring.require(organization)
    assert process.tenancy(organization).lease is None
    assert Revocation.objects.get(organization_id=organization).epoch == 1


def test_while_suspended_only_the_prober_asks_the_provider(organization, fake_clock, provider):
    sealed(organization)
    keyring.close()
    revocation.suspend(organization_id=organization, reason="Suspended by Kamila.", fix="Ask her.")
    asked = len(provider.calls)
    for _ in range(3):
        with pytest.raises(KeySuspended, match="Suspended by Kamila. Ask her."):
            keyring.require(organization)
        fake_clock.advance(3)
    assert len(provider.calls) == asked


def test_a_refusal_is_remembered_for_a_moment_only(organization, fake_clock, provider):
    sealed(organization)
    keyring.close()
    provider.fails[str(organization)] = SLOW
    for _ in range(50):
        with pytest.raises(KeyUnavailable):
            keyring.require(organization)
    asked = len(provider.calls)
    provider.fails.clear()
    fake_clock.advance(1.1)
    keyring.require(organization)
    assert len(provider.calls) > asked
    assert process.tenancy(organization).refusals == 50


def test_the_other_organization_notices_nothing(organization, other_organization, fake_clock, provider):
    sealed(organization)
    envelope = sealed(other_organization)
    keyring.close()
    provider.fails[str(organization)] = DENIED
    with pytest.raises(KeySuspended):
        keyring.require(organization)
    assert opened(other_organization, envelope) == b"value"
    assert Revocation.objects.get(organization_id=other_organization).epoch == 1


def test_a_revocation_between_the_call_and_its_answer_wins(organization, fake_clock, provider, monkeypatch):
    sealed(organization)
    keyring.close()
    real = provider.unwrap

    def overtaken(*call):
        key = real(*call)
        revocation.suspend(organization_id=organization, reason="Meanwhile.")
        return key

    monkeypatch.setattr(provider, "unwrap", overtaken)
    with pytest.raises(KeySuspended, match="Meanwhile"):
        keyring.require(organization)
    assert process.tenancy(organization).lease is None


def test_a_new_epoch_between_the_call_and_its_answer_voids_the_answer(organization, fake_clock, provider, monkeypatch):
    sealed(organization)
    keyring.close()
    real = provider.unwrap

    def overtaken(*call):
        key = real(*call)
        revocation.suspend(organization_id=organization, reason="Meanwhile.")
        revocation.resume(organization_id=organization)
        return key

    monkeypatch.setattr(provider, "unwrap", overtaken)
    with pytest.raises(KeyUnavailable, match="changed"):
        keyring.require(organization)
    assert process.tenancy(organization).lease is None


def test_a_denial_that_was_overtaken_suspends_nobody(organization, fake_clock, provider, monkeypatch):
    sealed(organization)
    epoch = Revocation.objects.get(organization_id=organization).epoch
    revocation.suspend(organization_id=organization, reason="x")
    revocation.resume(organization_id=organization)
    from django.utils import timezone

    assert not revocation.deny(organization, epoch=epoch, denied=DENIED, now=timezone.now())
    assert Revocation.objects.get(organization_id=organization).state == "active"


def test_a_refresh_begins_at_two_thirds_and_moves_the_end(organization, fake_clock, provider):
    sealed(organization)
    lease = process.tenancy(organization).lease
    fake_clock.advance(19.9)
    asked = len(provider.calls)
    refreshed()
    assert len(provider.calls) == asked
    fake_clock.advance(0.2)
    refreshed()
    assert len(provider.calls) > asked
    assert process.tenancy(organization).lease is lease
    assert lease.ends_at == fake_clock.boot + 30


def test_an_organization_that_nobody_uses_is_not_refreshed(organization, fake_clock, provider):
    envelope = sealed(organization)
    fake_clock.advance(21)
    refreshed()
    asked = len(provider.calls)
    fake_clock.advance(21)
    refreshed()
    assert len(provider.calls) == asked
    refresh.end_expired()
    opened(organization, envelope)
    fake_clock.advance(21)
    asked = len(provider.calls)
    refreshed()
    assert len(provider.calls) > asked


def test_sealing_alone_counts_as_use(organization, fake_clock, provider):
    sealed(organization)
    fake_clock.advance(21)
    refreshed()
    sealed(organization)
    fake_clock.advance(21)
    asked = len(provider.calls)
    refreshed()
    assert len(provider.calls) > asked


def test_a_transient_failure_of_a_refresh_leaves_the_lease_to_its_end(organization, fake_clock, provider):
    envelope = sealed(organization)
    provider.fails[str(organization)] = SLOW
    ends_at = process.tenancy(organization).lease.ends_at
    for _ in range(3):
        fake_clock.advance(3)
        fake_clock.boot = max(fake_clock.boot, ends_at - 9)
        refreshed()
        assert process.tenancy(organization).lease.ends_at == ends_at
        fake_clock.boot -= 3
    assert opened(organization, envelope) == b"value"
    fake_clock.boot = ends_at
    with pytest.raises(KeyUnavailable):
        opened(organization, envelope)


def test_a_denied_refresh_suspends_and_takes_the_lease(organization, fake_clock, provider):
    envelope = sealed(organization)
    provider.fails[str(organization)] = DENIED
    fake_clock.advance(21)
    refreshed()
    with pytest.raises(KeySuspended):
        opened(organization, envelope)
    assert Revocation.objects.get(organization_id=organization).state == "suspended"


def test_a_slow_organization_delays_no_other(organization, other_organization, fake_clock, provider):
    sealed(organization)
    sealed(other_organization)
    gate = provider.holds[str(organization)] = threading.Event()
    fake_clock.advance(21)
    refresh.begin_due(nothing)
    try:
        for _ in range(200):
            if refresh.has_finished():
                break
            time.sleep(0.01)
        refresh.look_and_install()
        assert process.tenancy(other_organization).lease.ends_at == fake_clock.boot + 30
        assert process.tenancy(organization).lease.ends_at == fake_clock.boot + 9
    finally:
        gate.set()


def test_a_message_or_epoch_takes_a_lease_away_and_none_gives_one(organization, fake_clock, provider):
    envelope = sealed(organization)
    opened(organization, envelope)
    refresh.look_and_install()
    assert process.tenancy(organization).lease is not None
    revocation.suspend(organization_id=organization, reason="Suspended.")
    refresh.look_and_install()
    assert process.tenancy(organization).lease is None
    revocation.resume(organization_id=organization)
    refresh.look_and_install()
    assert process.tenancy(organization).lease is None
    assert opened(organization, envelope) == b"value"


def test_a_revocation_while_a_refresh_is_on_its_way_wins(organization, fake_clock, provider):
    sealed(organization)
    gate = provider.holds[str(organization)] = threading.Event()
    fake_clock.advance(21)
    refresh.begin_due(nothing)
    revocation.suspend(organization_id=organization, reason="x")
    refresh.look_and_install()
    revocation.resume(organization_id=organization)
    gate.set()
    for _ in range(200):
        if refresh.has_finished():
            break
        time.sleep(0.01)
    refresh.look_and_install()
    assert process.tenancy(organization).lease is None


def test_what_ended_is_never_brought_back_by_a_late_refresh(organization, fake_clock, provider):
    sealed(organization)
    lease = process.tenancy(organization).lease
    fake_clock.advance(31)
    assert not lease.extend(fake_clock.boot)
    assert not lease.is_valid


def test_a_new_lease_length_reaches_a_process_that_holds_a_lease(organization, fake_clock, provider):
    sealed(organization)
    transitions.set_lease_seconds(organization_id=organization, seconds=5)
    refresh.look_and_install()
    keyring.require(organization)
    assert process.tenancy(organization).lease.ends_at == fake_clock.boot + 5


@pytest.mark.parametrize("seconds", [4, 301, 0, -1])
def test_a_lease_of_another_length_than_5_to_300_s_is_refused(organization, seconds):
    sealed(organization)
    with pytest.raises(ValueError, match="5 to 300"):
        transitions.set_lease_seconds(organization_id=organization, seconds=seconds)


def test_a_retired_data_key_is_noticed_at_the_next_refresh(organization, fake_clock, provider):
    envelope = sealed(organization)
    row = Key.objects.get(organization_id=organization, level=4)
    transitions.change_state(key_id=row.id, to="suspended")
    refresh.look_and_install()
    with pytest.raises(KeyUnavailable) as refusal:
        opened(organization, envelope)
    assert refusal.value.code == "key-retired"


def test_a_damaged_tenant_key_is_no_revocation(organization, fake_clock, provider, key_file, monkeypatch):
    events = []
    monkeypatch.setattr("ascend.journal.to_logging", lambda event, **_: events.append(event))
    sealed(organization)
    keyring.close()
    key_file(organization).unlink()
    provider.provision(f"local:{organization}")
    for _ in range(3):
        with pytest.raises(KeyDamaged):
            keyring.require(organization)
        fake_clock.advance(2)
    assert events.count("keychain:key:damaged") == 1
    assert Revocation.objects.get(organization_id=organization).state == "active"


def test_a_key_file_that_is_gone_when_a_key_looks_damaged_is_a_denial(organization, fake_clock, provider, monkeypatch):
    from ascend.providers.contract import Integrity

    sealed(organization)
    keyring.close()

    def broken(*_):
        provider.fails[str(organization)] = DENIED
        raise Integrity("damaged", "restore")

    monkeypatch.setattr(provider, "unwrap", broken)
    with pytest.raises(KeySuspended):
        keyring.require(organization)


def test_clocks_that_come_apart_are_noticed_once(monkeypatch):
    boot, wall = [100.0], [1000.0]
    monkeypatch.setattr(clock, "boot_seconds", lambda: boot[0])
    monkeypatch.setattr(clock, "wall_seconds", lambda: wall[0])
    guard = DriftGuard()
    wall[0] += 5
    assert not guard.has_drifted()
    wall[0] += 0.1
    assert guard.has_drifted()
    assert not guard.has_drifted()
    boot[0] += 3600
    assert guard.has_drifted()


def test_ends_at_is_read_from_the_clock_that_runs_on_while_a_machine_sleeps():
    assert clock.boot_seconds.args == (time.CLOCK_BOOTTIME,)


def test_a_renamed_key_file_stops_one_organization_and_its_return_starts_it_again(
    organization, other_organization, fake_clock, provider, key_file
):
    from concurrent.futures import ThreadPoolExecutor

    from ascend.keychain.prober import Prober

    envelope, other_envelope = sealed(organization), sealed(other_organization)
    path = key_file(organization)
    path.rename(path.with_suffix(".away"))
    fake_clock.advance(31)
    with pytest.raises(KeySuspended):
        opened(organization, envelope)
    assert opened(other_organization, other_envelope) == b"value"
    path.with_suffix(".away").rename(path)
    fake_clock.advance(3)
    with pytest.raises(KeySuspended):
        opened(organization, envelope)
    prober = Prober()
    for _ in range(2):
        with ThreadPoolExecutor(4) as threads:
            prober.step(threads)
        fake_clock.advance(3.1)
    assert opened(organization, envelope) == b"value"
    assert Revocation.objects.get(organization_id=organization).epoch == 3


def test_an_acquisition_that_holds_no_lease_drops_what_it_had(organization, fake_clock, provider):
    sealed(organization)
    acquisition.give_up(process.tenancy(organization).lease)
    assert process.tenancy(organization).lease is None


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level(logging.WARNING)
