"""The nonces of one INSERT of many rows, drawn in one piece: to ask the system for each costs as much as to seal.

They are there for the one statement, in the one thread that runs it, and what is left of them is dropped with it.
Nothing is kept for later: a pool that outlives a fork would give two processes the same nonces.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from operator import itemgetter
from os import urandom
from struct import iter_unpack
from typing import Final

from ascend.envelope import budget
from ascend.envelope.suites import GCM_NONCE_BYTES

MOST: Final = 2**16
"""How many are drawn at most; values beyond them draw their own."""

_FORMAT: Final = f"{GCM_NONCE_BYTES}s"


class Drawn:
    """Nonces of suite 01, each given out once, by the process that drew them."""

    __slots__ = ("_nonces", "_owner")

    def __init__(self, count: int) -> None:
        self._owner = budget.here
        self._nonces = map(itemgetter(0), iter_unpack(_FORMAT, urandom(GCM_NONCE_BYTES * min(count, MOST))))

    def __call__(self) -> bytes | None:
        """Return one that was never returned before; None if there is none left, or this is a forked child."""
        return next(self._nonces, None) if self._owner is budget.here else None


_drawn: ContextVar[Drawn | None] = ContextVar("ascend_nonces", default=None)

in_force = _drawn.get
"""Return the nonces of the statement that this thread runs, or None: then each value draws its own."""


@contextmanager
def drawn(count: int) -> Iterator[None]:
    """Let the values that are sealed in the body of the `with` statement share one draw."""
    token = _drawn.set(Drawn(count))
    try:
        yield
    finally:
        _drawn.reset(token)
