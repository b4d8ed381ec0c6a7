"""What a test makes the server do wrong, and when."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One fault. It meets calls of `operation` ("*": all), on a key whose ARN contains `key`, in `region`.

    The first `skip` of them pass, the next `times` are met (0: all). `code` answers with that error instead of
    doing anything; `body` answers with those bytes. `delay_seconds` waits before; `held`, set by the test,
    keeps back an answer that is ready.
    """

    operation: str = "*"
    key: str = ""
    region: str = ""
    skip: int = 0
    times: int = 1
    code: str = ""
    message: str = ""
    status: int = 400
    body: bytes | None = None
    delay_seconds: float = 0.0
    held: threading.Event | None = field(default=None, repr=False)
    met: int = 0
    seen: int = 0
    reached: threading.Event = field(default_factory=threading.Event, repr=False)

    def meets(self, operation: str, key: str, region: str) -> bool:
        """Count the call if it is one of its kind, and return whether the fault is for it."""
        is_of_kind = self.operation in {"*", operation} and self.key in key and self.region in {"", region}
        if not is_of_kind:
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.times and self.met >= self.times):
            return False
        self.met += 1
        return True


class Faults:
    """The faults in force, in the order in which they were added; the first that meets a call decides."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def throttle(self, operation: str = "*", *, times: int = 1) -> Fault:
        """Refuse calls as KMS does above a quota."""
        return self.add(Fault(operation, times=times, code="ThrottlingException", message="Rate exceeded"))

    def break_down(self, operation: str = "*", *, times: int = 1, code: str = "KMSInternalException") -> Fault:
        """Fail calls with HTTP 500."""
        return self.add(Fault(operation, times=times, code=code, status=500))

    def garble(self, operation: str = "*", *, times: int = 1, body: bytes = b"<html>not what you asked for") -> Fault:
        """Answer with bytes that are no answer of KMS."""
        return self.add(Fault(operation, times=times, body=body, status=200))

    @contextmanager
    def held_back(self, operation: str) -> Iterator[Fault]:
        """Do what the next call asks, and keep its answer back until the end of the `with` statement.

        `fault.reached.wait()` returns when the answer is ready.
        """
        fault = self.add(Fault(operation, held=threading.Event()))
        try:
            yield fault
        finally:
            if fault.held is not None:
                fault.held.set()

    def clear(self) -> None:
        """Let everything be in order again."""
        with self._lock:
            faults, self._faults = self._faults, []
        for fault in faults:
            if fault.held is not None:
                fault.held.set()

    def meeting(self, operation: str, key: str, region: str) -> Fault | None:
        """Return the fault for a call."""
        with self._lock:
            return next((fault for fault in self._faults if fault.meets(operation, key, region)), None)
