"""One thread of this process alone speaks to the module, so that a call can be given up and none runs beside another.

A module that python-pkcs11 initializes takes no locks of its own: two threads inside it end the process. A lock would
keep them apart, but whoever waits for a network HSM that has fallen silent would wait for ever.
"""

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from ascend.providers.contract import Transient

Result = TypeVar("Result")


class ModuleThread:
    """Runs calls one after another. A forked child has none and starts its own with the first call."""

    def __init__(self) -> None:
        self._begin()
        # A child inherits what another thread held or left half done: it begins with a new queue and a new lock.
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def call(self, work: Callable[[], Result], *, seconds: float) -> Result:
        """Return what `work` returns, or raise what it raises.

        Raises:
            Transient: no answer came in time; if `work` had not begun, it never will.
        """
        future: Future[Result] = Future()
        self._start()
        self._calls.put((future, work))
        try:
            return future.result(timeout=seconds)
        except TimeoutError:
            if future.done() and not future.cancelled():
                raise
            future.cancel()
            raise Transient(
                "The HSM did not answer in time.", "Look after the HSM, its network and its client."
            ) from None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                # A daemon: a call that never returns must not keep the process from ending.
                self._thread = threading.Thread(target=self._run, args=(self._calls,), name="ascend-hsm", daemon=True)
                self._thread.start()

    @staticmethod
    def _run(calls: "queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]]") -> None:
        while True:
            future, work = calls.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for it
                future.set_exception(error)
            del future, work
