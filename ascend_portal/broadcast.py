"""Revocations over Redis, so that other processes look within milliseconds instead of 2 s.

Redis down disturbs nothing: the epochs in the database are read every 2 s anyway.
"""

import logging
import random
import threading
from collections.abc import Callable
from uuid import UUID

import redis
from django.conf import settings

CHANNEL = "ascend:revocations"
TIMEOUT_SECONDS = 0.5
POLL_SECONDS = 1.0
RECONNECT_SECONDS = 5.0

logger = logging.getLogger(__name__)


class RedisBroadcast:
    """Publishes organization ids; a message only says "look", so its content decides nothing."""

    def __init__(self) -> None:
        self._client = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS, retry=None
        )

    def publish(self, organization_id: UUID) -> None:
        """Tell every listening process to read the epochs."""
        try:
            self._client.publish(CHANNEL, str(organization_id))
        except redis.RedisError:
            logger.warning("Redis cannot be reached: other processes notice the revocation within 2 s.")

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` on every message and on every (re)subscription; return what stops it."""
        listener = _Listener(self._client, callback)
        listener.start()
        return listener.stop


class _Listener(threading.Thread):
    def __init__(self, client: "redis.Redis", callback: Callable[[], None]) -> None:
        super().__init__(name="ascend-broadcast", daemon=True)
        self._client = client
        self._callback = callback
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except (redis.RedisError, OSError):
                # Not all processes at once when Redis is back.
                self._stopping.wait(RECONNECT_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311  (not a secret)

    def stop(self) -> None:
        """End the thread within a second."""
        self._stopping.set()
        self.join(POLL_SECONDS + TIMEOUT_SECONDS)

    def _listen(self) -> None:
        with self._client.pubsub() as subscription:  # type: ignore[no-untyped-call]  # redis-py
            subscription.subscribe(CHANNEL)
            while not self._stopping.is_set():
                message = subscription.get_message(timeout=POLL_SECONDS)
                # Both kinds: between two subscriptions a message may have been missed.
                if message is not None and message["type"] in {"subscribe", "message"}:
                    self._callback()
