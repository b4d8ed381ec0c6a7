"""Threads that meet at the end of a block all get on."""

import threading
from uuid import uuid4

import pytest

from ascend.envelope.budget import UsageBlock
from ascend.envelope.errors import BlockSpent
from ascend.keychain.budget import Allowance


class Drawing(Allowance):
    """An allowance whose blocks come from nowhere."""

    def _drawn(self):
        return UsageBlock(2)


def test_a_thread_that_notes_its_count_late_leaves_no_block_that_looks_unspent():
    allowance = Drawing(uuid4(), uuid4())
    take = allowance.block().take
    take()
    take()
    # The thread that took the first message comes to note it after the one that took the last.
    allowance._block.used = 1
    with pytest.raises(BlockSpent):
        take()
    thread = threading.Thread(target=allowance.take_after, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive(), "it asks the spent block for ever"
