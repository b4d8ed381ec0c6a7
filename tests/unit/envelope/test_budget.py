import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ascend.envelope import BlockSpent, BudgetExhausted, Suite, UsageBlock, budget


def in_a_child(work: Callable[[], bool]) -> bool:
    """Run `work` in a forked process and return what it returned."""
    child = os.fork()
    if child == 0:
        done = False
        try:
            done = work()
        finally:
            os._exit(0 if done else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def refuses(block: UsageBlock) -> bool:
    try:
        block.take()
    except BlockSpent:
        return True
    return False


class TestUsageBlock:
    """ENV-17."""

    def test_gives_exactly_as_many_messages_as_it_has(self) -> None:
        block = UsageBlock(size=3)
        for _ in range(3):
            block.take()
        for _ in range(3):
            with pytest.raises(BlockSpent):
                block.take()

    def test_has_65536_messages_by_default(self) -> None:
        assert UsageBlock().size == 2**16

    def test_says_when_half_of_it_is_used(self) -> None:
        block, seen = UsageBlock(size=10), []
        for _ in range(10):
            seen.append((block.used, block.is_half_used))
            block.take()
        assert seen == [(used, used >= 5) for used in range(10)]

    def test_is_void_in_a_forked_child_and_lives_on_in_its_parent(self) -> None:
        block = UsageBlock()
        assert in_a_child(lambda: refuses(block))
        assert not refuses(block)

    def test_drawn_in_a_child_works_there_and_is_void_in_the_grandchild(self) -> None:
        def work() -> bool:
            own = UsageBlock()
            return not refuses(own) and in_a_child(lambda: refuses(own))

        assert in_a_child(work)

    def test_is_never_overdrawn_by_threads(self) -> None:
        block, taken = UsageBlock(size=1_000), []

        def work() -> None:
            while not refuses(block):
                taken.append(1)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == 1_000


class TestProcessIdentity:
    """ENV-17."""

    def test_is_the_process_id_and_when_it_started(self) -> None:
        here = budget.ProcessIdentity.read()
        assert here == budget.this_process()
        assert here.pid == os.getpid()
        assert here.start_ticks > 0

    def test_is_the_process_id_alone_where_there_is_no_proc(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budget, "_STATUS", tmp_path / "absent")
        assert budget.ProcessIdentity.read() == (os.getpid(), 0)

    def test_survives_a_program_whose_name_looks_like_fields(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        status = tmp_path / "stat"
        status.write_text("7 (a b) c) S " + " ".join(str(number) for number in range(4, 53)))
        monkeypatch.setattr(budget, "_STATUS", status)
        assert budget.ProcessIdentity.read() == (os.getpid(), 22)

    def test_is_another_in_a_child(self) -> None:
        parent = budget.this_process()
        assert in_a_child(lambda: budget.this_process() != parent and budget.this_process().pid == os.getpid())


class TestLimits:
    """ENV-15, ENV-16, ENV-18."""

    def test_a_draw_is_persisted_before_it_is_used(self) -> None:
        assert budget.usage_after_draw(0) == 2**16

    def test_a_successor_is_due_from_two_to_the_thirty(self) -> None:
        assert not budget.needs_successor(2**30 - 1)
        assert budget.needs_successor(2**30)

    def test_the_last_block_ends_at_two_to_the_thirty_two(self) -> None:
        assert budget.usage_after_draw(2**32 - 2**16) == 2**32
        for usage in (2**32 - 2**16 + 1, 2**32, 2**40):
            with pytest.raises(BudgetExhausted):
                budget.usage_after_draw(usage)

    def test_suite_03_never_counts(self) -> None:
        assert budget.is_counted(Suite.AES_256_GCM)
        assert not budget.is_counted(Suite.XAES_256_GCM)
