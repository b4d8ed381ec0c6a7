"""Revocations over Redis, and their silence where there is none."""

import threading
import time
from uuid import uuid4

import pytest

from ascend_portal.broadcast import CHANNEL, RedisBroadcast


@pytest.fixture
def looks():
    return []


def test_a_message_and_every_subscription_make_the_listener_look(looks):
    heard = threading.Event()

    def look():
        looks.append(time.monotonic())
        if len(looks) == 2:
            heard.set()

    first = threading.Event()
    stop = RedisBroadcast().listen(lambda: (look(), first.set()))
    try:
        assert first.wait(5)
        RedisBroadcast().publish(uuid4())
        assert heard.wait(5)
    finally:
        stop()


def test_without_redis_nothing_is_raised_and_nothing_waits(settings, looks):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    broadcast = RedisBroadcast()
    broadcast.publish(uuid4())
    stop = broadcast.listen(lambda: looks.append(1))
    stop()
    assert looks == []
    assert not [thread for thread in threading.enumerate() if thread.name == "ascend-broadcast"]


def test_a_connection_that_breaks_is_made_again_and_the_listener_looks(looks, monkeypatch):
    monkeypatch.setattr("ascend_portal.broadcast.RECONNECT_SECONDS", 0.1)
    broadcast = RedisBroadcast()
    stop = broadcast.listen(lambda: looks.append(1))
    try:
        deadline = time.monotonic() + 10
        while len(looks) < 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        broadcast._client.client_kill_filter(_type="pubsub")
        while len(looks) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(looks) >= 2
    finally:
        stop()
    assert CHANNEL
