"""The server's clock, which a test can move: deletion windows, expiry of material, tokens and sessions."""

import time
from datetime import timedelta


class Clock:
    """Wall time plus what a test added."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, **duration: float) -> None:
        """Move forward by `timedelta(**duration)`: `advance(days=8)`."""
        self._ahead += timedelta(**duration).total_seconds()
