"""Which database holds the keys, and work on it apart from the caller's transaction.

A data key that a caller's rollback took along would leave values that never open again, and a
block of nonces given back would be used twice. So this work runs on connections of its own, on a
few threads (KC-27). SQLite has one writer: there it joins the caller's transaction, and `CommitWatch`
says what became of it.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ascend.keychain.models import Key

Result = TypeVar("Result")

THREADS = 4
LOCK_TIMEOUT_MILLISECONDS = 5_000

_ours = threading.local()
_pool: ThreadPoolExecutor | None = None
_pool_lock = threading.Lock()
_inline = False


def alias() -> str:
    """Return the alias of the database that holds the keys."""
    return router.db_for_write(Key)


def connection() -> BaseDatabaseWrapper:
    """Return this thread's connection to the database that holds the keys."""
    return connections[alias()]


def is_postgresql() -> bool:
    """Return whether the keys are in PostgreSQL."""
    return connection().vendor == "postgresql"


def is_inline() -> bool:
    """Return whether this work joins the caller's transaction."""
    return _inline or connection().vendor == "sqlite"


def sees_only_committed() -> bool:
    """Return whether what this thread reads cannot be rolled back any more."""
    return not (is_inline() and connection().in_atomic_block)


def allows_threads() -> bool:
    """Return whether another thread may read the keys: not in a test's transaction, not in memory."""
    if _inline:
        return False
    wrapper = connection()
    name = str(wrapper.settings_dict["NAME"])
    return not (wrapper.vendor == "sqlite" and (name == ":memory:" or "mode=memory" in name))


@contextmanager
def inline() -> Iterator[None]:
    """Let key work join the caller's transaction on every database: for tests that roll back."""
    global _inline  # noqa: PLW0603  (one switch a process, for tests only)
    before, _inline = _inline, True
    try:
        yield
    finally:
        _inline = before


def apart(job: Callable[[], Result]) -> Result:
    """Run `job` on a connection of its own, outside the caller's transaction, and return its result."""
    if is_own_thread() or is_inline():
        return job()
    return _threads().submit(copy_context().run, _with_own_connection, job).result()


@contextmanager
def short_transaction() -> Iterator[None]:
    """Open a transaction that gives up waiting for a lock after 5 s. Never held across the network."""
    with transaction.atomic(using=alias()):
        if is_postgresql():
            with connection().cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MILLISECONDS}")
        yield


class CommitWatch:
    """Tells what became of work that joined a caller's transaction."""

    def __init__(self) -> None:
        self._connection = connection()
        self.is_committed = not self._connection.in_atomic_block
        if not self.is_committed:
            transaction.on_commit(self._note, using=self._connection.alias)

    def _note(self) -> None:
        self.is_committed = True

    @property
    def is_rolled_back(self) -> bool:
        """Whether the work is undone: its callback neither ran nor waits any more."""
        if self.is_committed:
            return False
        return not any(entry[1] == self._note for entry in self._connection.run_on_commit)

    @property
    def is_pending_elsewhere(self) -> bool:
        """Whether another thread's transaction decides: it may still take the work back."""
        return not self.is_committed and self._connection is not connection()


def mark_thread() -> None:
    """Say that this thread is the keychain's own: its work needs no other thread."""
    _ours.thread = True


def is_own_thread() -> bool:
    """Return whether this is one of the keychain's own threads."""
    return getattr(_ours, "thread", False)


def close() -> None:
    """End the threads; the next job starts new ones."""
    global _pool  # noqa: PLW0603  (one pool a process)
    with _pool_lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.shutdown(wait=True)


def _with_own_connection(job: Callable[[], Result]) -> Result:
    mark_thread()
    try:
        return job()
    finally:
        connection().close()


def _threads() -> ThreadPoolExecutor:
    global _pool  # noqa: PLW0603  (one pool a process)
    with _pool_lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ascend-keys")
        return _pool


def _forget_threads() -> None:
    # The threads of the parent do not exist in a child, and the lock may have been held.
    global _pool, _pool_lock  # noqa: PLW0603  (one pool a process)
    _pool, _pool_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_threads)
