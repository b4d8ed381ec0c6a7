"""The one background thread of a process: epochs, refreshes ahead, blocks ahead, what is published.

Spec: docs/spec/keychain.md §8 and §9. It starts with the first lease, so always after a fork, and holds one
connection. Provider calls run on threads of their own: one slow organization delays no other.
"""

import logging
import os
import threading
from collections.abc import Callable

from django.db import Error

from ascend.keychain import acquisition, broadcast, budget, clock, counters, crowd, database, memory, process, refresh
from ascend.keychain.clock import DriftGuard

logger = logging.getLogger(__name__)

STEP_SECONDS = 0.5
EPOCHS_EVERY_SECONDS = 2.0
PUBLISH_EVERY_SECONDS = 5.0
STOP_WITHIN_SECONDS = 10.0


class Ticker:
    """The thread and what wakes it."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._stopping = False
        self._looks = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ascend-ticker", daemon=True)
        self._drift = DriftGuard()
        self._epochs_at = self._publish_at = 0.0
        self._unlisten: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Listen, then start the thread: a message that comes first waits for it."""
        self._unlisten = broadcast.current().listen(self.look)
        try:
            self._thread.start()
        except RuntimeError:
            self._unlisten()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def look(self) -> None:
        """Read the epochs at once; callable from any thread."""
        self._looks.set()
        self._wake.set()

    def stop(self) -> None:
        """End the thread and close its connection."""
        self._stopping = True
        self._wake.set()
        self._unlisten()
        self._thread.join(STOP_WITHIN_SECONDS)

    def _run(self) -> None:
        database.mark_thread()
        while not self._stopping:
            self._wake.wait(STEP_SECONDS)
            self._wake.clear()
            if not self._stopping:
                self._guarded(self._step)
        if self._publish_at:
            self._guarded(counters.withdraw)
        database.connection().close()

    def _guarded(self, step: Callable[[], None]) -> None:
        # A background thread that dies would leave leases without refresh and nobody would see why.
        try:
            step()
        except Error:
            logger.warning("The key database cannot be asked; leases run to their end.", exc_info=True)
            database.connection().close()
        except Exception:
            logger.exception("A step of the lease thread failed; leases run to their end.")

    def _step(self) -> None:
        if self._drift.has_drifted():
            logger.warning("Wall and boot clock came apart: all leases are dropped.")
            process.drop_all()
        # Before the database is asked, which may be away: keys do not wait for it to go.
        refresh.end_expired()
        now = clock.boot_seconds()
        if self._looks.is_set() or now >= self._epochs_at or refresh.has_finished():
            self._looks.clear()
            self._epochs_at = now + EPOCHS_EVERY_SECONDS
            refresh.look_and_install()
        refresh.begin_due(self.look)
        if not database.is_inline():
            self._write(now)

    def _write(self, now: float) -> None:
        for allowance in budget.allowances():
            allowance.draw_ahead()
        if now >= self._publish_at:
            self._publish_at = now + PUBLISH_EVERY_SECONDS
            crowd.note_uses()
            counters.publish()


_ticker: Ticker | None = None
_lock = threading.Lock()


def ensure_running() -> None:
    """Start the ticker of this process if none runs, and keep the process's memory to itself."""
    global _ticker  # noqa: PLW0603  (one ticker a process)
    if (_ticker is not None and _ticker.is_alive) or not database.allows_threads():
        return
    with _lock:
        if _ticker is not None and not _ticker.is_alive:
            logger.error("The lease thread had ended; a new one is started.")
            _ticker.stop()
            _ticker = None
        if _ticker is None:
            memory.harden_process()
            starting = Ticker()
            starting.start()
            _ticker = starting


def stop() -> None:
    """Stop the ticker of this process; the next lease starts a new one."""
    global _ticker  # noqa: PLW0603  (one ticker a process)
    with _lock:
        ticker, _ticker = _ticker, None
    if ticker is not None:
        ticker.stop()
    refresh.close()


def _forget_in_child() -> None:
    global _ticker, _lock  # noqa: PLW0603  (the parent's thread is not in the child)
    _ticker, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_in_child)
acquisition.before_first_lease.append(ensure_running)
