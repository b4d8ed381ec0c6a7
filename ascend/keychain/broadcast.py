"""The port that hurries a revocation: a message says "look", and the database says what is true.

`ASCEND_BROADCAST` names a class with the two methods of `Broadcast`. A message can take a lease
away, by making a process read the epochs at once; it can never give one.
"""

import functools
import logging
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from django.utils.module_loading import import_string

from ascend import conf

logger = logging.getLogger(__name__)


class Broadcast(Protocol):
    """A way to reach the other processes. Neither method may raise or wait for long."""

    def publish(self, organization_id: UUID) -> None:
        """Tell all processes to read the epochs."""

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` on every message and (re)subscription, from a thread; return what stops it."""


class SilentBroadcast:
    """Tells nobody: every process reads the epochs every 2 s anyway."""

    def publish(self, organization_id: UUID) -> None:
        """Do nothing."""

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Return without a thread."""
        return lambda: None


def current() -> Broadcast:
    """Return the project's broadcast; one object for each dotted path and process."""
    return _made(conf.broadcast())


@functools.cache
def _made(dotted_path: str) -> Broadcast:
    make: Callable[[], Broadcast] = import_string(dotted_path)
    return make()


def publish(organization_id: UUID) -> None:
    """Tell the other processes to look; called after the commit that they will see."""
    current().publish(organization_id)
