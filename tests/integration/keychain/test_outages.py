"""What goes on while the database is away or a thread has ended, and what must not."""

import threading

import pytest
from django.db import connections
from django.utils import timezone

from ascend.keychain import process, revocation, ticker
from ascend.keychain.models import Key, Revocation
from ascend.keychain.prober import Prober, Watch
from ascend.providers.contract import Denied
from tests.integration.keychain.test_keyring import opened, sealed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def without_database(monkeypatch):
    """Run something on a thread whose database answers on no port."""

    def run(work):
        with monkeypatch.context() as patch:
            patch.setitem(connections.settings["default"], "HOST", "127.0.0.1")
            patch.setitem(connections.settings["default"], "PORT", "1")
            thread = threading.Thread(target=work)
            thread.start()
            thread.join(30)
        assert not thread.is_alive()

    return run


def test_keys_of_a_lease_that_ended_go_while_the_database_is_away(organization, fake_clock, without_database, caplog):
    sealed(organization)
    lease = process.tenancy(organization).lease
    fake_clock.advance(31)
    idle = ticker.Ticker()
    without_database(lambda: idle._guarded(idle._step))
    assert "cannot be asked" in caplog.text
    assert process.tenancy(organization).lease is None
    assert not lease._tenant_keys
    assert not lease.holders


def test_a_lease_thread_that_ended_is_replaced_with_the_next_lease(organization, caplog):
    envelope = sealed(organization)
    ended = ticker._ticker
    ended._stopping = True
    ended._wake.set()
    ended._thread.join(10)
    process.lose(organization)
    assert opened(organization, envelope) == b"value"
    assert ticker._ticker is not ended
    assert ticker._ticker.is_alive
    assert "had ended" in caplog.text


def test_a_lease_thread_that_cannot_start_is_tried_again(organization, monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            ticker.ensure_running()
    ticker.ensure_running()
    assert ticker._ticker.is_alive


class Stumbling(Prober):
    """A prober whose first round meets what nobody expected."""

    def step(self, threads):
        if not self.watches:
            self.watches["stumbled"] = None
            raise RuntimeError("can't start new thread")
        self.stopping.set()


def test_the_prober_survives_what_nobody_expected_and_says_so(caplog):
    prober = Stumbling()
    thread = threading.Thread(target=prober.run)
    thread.start()
    thread.join(20)
    assert prober.stopping.is_set()
    assert "probing goes on" in caplog.text


def test_a_probe_that_began_before_the_suspension_does_not_count_towards_its_end(organization, fake_clock):
    sealed(organization)
    before = Revocation.objects.get(organization_id=organization)
    denied = Denied("Away.", "Bring it back.")
    revocation.deny(organization, epoch=before.epoch, denied=denied, now=timezone.now())
    after = Revocation.objects.get(organization_id=organization)
    prober, watch = Prober(), Watch(epoch=after.epoch)
    prober._note(before, watch, None)
    for state in ("suspended", "active"):
        fake_clock.advance(3.1)
        prober._note(after, watch, None)
        fake_clock.advance(3.1 if state == "active" else 0)
        assert Revocation.objects.get(organization_id=organization).state == state


def test_a_successor_makes_every_process_look_again(organization):
    from tests.integration.keychain.test_usage import SOFT_LIMIT_MESSAGES, set_usage

    sealed(organization)
    before = Revocation.objects.get(organization_id=organization).epoch
    set_usage(organization, SOFT_LIMIT_MESSAGES)
    from ascend.keychain import keyring

    keyring.close()
    sealed(organization)
    assert Key.objects.filter(organization_id=organization, level=4).count() == 2
    assert Revocation.objects.get(organization_id=organization).epoch > before
