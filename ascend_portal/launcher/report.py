"""What the person at the terminal sees: each step with the time it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

LABEL_WIDTH = 14


class Report:
    """Writes to standard output, at once, so that a pipe shows progress too."""

    def __init__(self) -> None:
        """Start the clock."""
        self.started = time.monotonic()

    @contextmanager
    def step(self, label: str, doing: str) -> Iterator[None]:
        """Say what is being done, and how long it took."""
        began = time.monotonic()
        self.write(f"  {label:<{LABEL_WIDTH}} {doing} … ", end="")
        try:
            yield
        except BaseException:
            self.write("")
            raise
        self.write(f"{time.monotonic() - began:.1f} s")

    def line(self, label: str, text: str) -> None:
        """Say one thing."""
        self.write(f"  {label:<{LABEL_WIDTH}} {text}")

    def ready(self, address: str, sign_ins: str) -> None:
        """Say where the portal is and how to get in."""
        self.write(f"\n  Ascend Portal is ready after {time.monotonic() - self.started:.1f} s:  {address}/\n")
        self.write("".join(f"  {line}\n" for line in sign_ins.splitlines()))
        self.write("  Ctrl-C ends it; the data stays for the next time.\n")

    def failure(self, message: str) -> None:
        """Say why it ends."""
        sys.stdout.flush()
        sys.stderr.write(f"\n{message}\n")
        sys.stderr.flush()

    def write(self, text: str, end: str = "\n") -> None:
        """Write now."""
        sys.stdout.write(text + end)
        sys.stdout.flush()
