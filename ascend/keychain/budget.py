"""Draw blocks of a data key's usage budget and persist them before they are used.

Spec: docs/spec/keychain.md §10 (KC-50 to KC-54); counting inside a block is `ascend.envelope.budget`'s.
"""

import os
import threading
from contextlib import suppress
from uuid import UUID

from django.db.models import F

from ascend.envelope import budget
from ascend.envelope.budget import UsageBlock
from ascend.envelope.errors import BlockSpent, BudgetExhausted
from ascend.keychain import database
from ascend.keychain.database import CommitWatch
from ascend.keychain.models import Key


class Allowance:
    """What this process may still seal under one data key. Holds no key material."""

    def __init__(self, key_id: UUID, organization_id: UUID) -> None:
        self.key_id = key_id
        self.organization_id = organization_id
        self.usage = 0
        self.sealed = 0
        self._block: UsageBlock | None = None
        self._ahead: UsageBlock | None = None
        self._unsettled: list[CommitWatch] = []
        self._lock = threading.Lock()

    def block(self) -> UsageBlock:
        """Return a block that has messages left, drawing one if need be.

        Raises:
            BudgetExhausted: the key has sealed all that it may.
        """
        with self._lock:
            block = self._block
            if block is None or block.used >= block.size or block.owner is not budget.this_process():
                self._count_out(block)
                block = self._block = self._ahead or self._drawn()
                self._ahead = None
            return block

    def take_after(self) -> UsageBlock:
        """Take one message from the next block, and return that block."""
        while True:
            block = self.block()
            try:
                block.take()
            except BlockSpent:
                continue
            return block

    def draw_ahead(self) -> None:
        """Draw the next block if half of this one is used. A key without a further block says so when sealing."""
        with self._lock, suppress(BudgetExhausted):
            if self._block is not None and self._block.is_half_used and self._ahead is None:
                self._ahead = self._drawn()

    def uses(self) -> int:
        """Return how many messages this process sealed."""
        block = self._block
        return self.sealed + (block.used if block is not None else 0)

    @property
    def needs_successor(self) -> bool:
        """Whether new writes are to move to another key (2^30)."""
        return budget.needs_successor(self.usage)

    def _count_out(self, block: UsageBlock | None) -> None:
        if block is not None:
            self.sealed += block.used

    def _drawn(self) -> UsageBlock:
        # Draws that a caller's rollback took back were used all the same: they are added again.
        owed = sum(watch.is_rolled_back for watch in self._unsettled)
        self._unsettled = [watch for watch in self._unsettled if not (watch.is_committed or watch.is_rolled_back)]
        self.usage, watch = database.apart(lambda: draw(self.key_id, blocks=1 + owed))
        if not watch.is_committed:
            self._unsettled.append(watch)
        return UsageBlock()


def draw(key_id: UUID, *, blocks: int = 1) -> tuple[int, CommitWatch]:
    """Persist that `blocks` more blocks are used; return the usage then, and what tells a rollback.

    Raises:
        BudgetExhausted: the key would pass its hard limit, or is no more.
    """
    messages = blocks * budget.BLOCK_MESSAGES
    rows = Key.objects.filter(id=key_id, usage__lte=budget.HARD_LIMIT_MESSAGES - messages)
    with database.short_transaction():
        if not rows.update(usage=F("usage") + messages):
            raise BudgetExhausted(f"a key seals at most {budget.HARD_LIMIT_MESSAGES} messages")
        return Key.objects.values_list("usage", flat=True).get(id=key_id), CommitWatch()


_allowances: dict[UUID, Allowance] = {}
os.register_at_fork(after_in_child=_allowances.clear)


def allowance(key_id: UUID, organization_id: UUID) -> Allowance:
    """Return this process's allowance for a data key."""
    found = _allowances.get(key_id)
    return found if found is not None else _allowances.setdefault(key_id, Allowance(key_id, organization_id))


def allowances() -> list[Allowance]:
    """Return all allowances of this process."""
    return list(_allowances.values())


def forget() -> None:
    """Forget all blocks; what was drawn and not used stays counted."""
    _allowances.clear()
