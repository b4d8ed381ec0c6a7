"""How many messages a key may seal: the counting part, without a database (spec: envelope §6).

A random 96-bit nonce allows 2^32 messages under one key (SP 800-38D, 8.3). Usage is persisted
in blocks before a message of the block is sealed; inside a block counting is one `next()`.
"""

import os
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from ascend.envelope.errors import BlockSpent, BudgetExhausted
from ascend.envelope.suites import Suite

BLOCK_MESSAGES: Final = 2**16
SOFT_LIMIT_MESSAGES: Final = 2**30
HARD_LIMIT_MESSAGES: Final = 2**32
_STATUS: Final = Path("/proc/self/stat")
_START_TIME_FIELD: Final = 22  # of /proc/self/stat, counted from 1: proc(5)


class ProcessIdentity(NamedTuple):
    """A process for as long as the machine runs: process ids are used again, start times are not."""

    pid: int
    start_ticks: int

    @classmethod
    def read(cls) -> "ProcessIdentity":
        """Return the identity of this process; without /proc the start time is 0."""
        try:
            status = _STATUS.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return cls(os.getpid(), 0)
        # The second field is the program's name in parentheses and may hold blanks and parentheses.
        after_name = status.rpartition(")")[2].split()
        return cls(os.getpid(), int(after_name[_START_TIME_FIELD - 3]))


here = ProcessIdentity.read()
"""The identity of this process. Read it as `budget.here`: a fork puts another one in its place."""


def _read_identity_again() -> None:
    global here  # noqa: PLW0603 - one identity a process; a forked child gets its own
    here = ProcessIdentity.read()


os.register_at_fork(after_in_child=_read_identity_again)


def this_process() -> ProcessIdentity:
    """Return the identity of this process."""
    return here


class UsageBlock:
    """A number of messages, already persisted as used, that this process alone may seal.

    Void in any other process (ENV-17): parent and child would both use a block carried over a fork.
    A sealer does what `take` does in its own frame.
    """

    __slots__ = ("numbers", "owner", "size", "used")

    def __init__(self, size: int = BLOCK_MESSAGES) -> None:
        self.numbers = count(1)
        self.owner = here
        self.size = size
        self.used = 0

    def take(self) -> None:
        """Count one message. Safe between threads: `next()` of a C iterator is one step.

        Raises:
            BlockSpent: nothing is left, or this process did not draw the block.
        """
        number = next(self.numbers)
        if number > self.size:
            # A thread that notes its own, lower number late would make a spent block look unspent for ever.
            self.used = self.size
        if number > self.size or self.owner is not here:
            raise BlockSpent("this block has no message left for this process")
        self.used = number

    @property
    def is_half_used(self) -> bool:
        """Whether it is time to draw the next block ahead."""
        return 2 * self.used >= self.size


def is_counted(suite: Suite) -> bool:
    """Return whether keys of `suite` have a budget. Suite 03 never counts (ENV-18): its nonce has 192 bits."""
    return suite is Suite.AES_256_GCM


def needs_successor(usage: int) -> bool:
    """Return whether a key with this persisted usage must hand new writes to a successor (ENV-16)."""
    return usage >= SOFT_LIMIT_MESSAGES


def usage_after_draw(usage: int, size: int = BLOCK_MESSAGES) -> int:
    """Return the usage to persist before the messages of one more block may be sealed (ENV-15).

    Raises:
        BudgetExhausted: the block would pass the hard limit of 2^32 messages.
    """
    if usage + size > HARD_LIMIT_MESSAGES:
        raise BudgetExhausted(f"a key seals at most {HARD_LIMIT_MESSAGES} messages")
    return usage + size
