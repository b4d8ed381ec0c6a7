"""A fair share of the operator's KMS quota: AWS counts calls on its account, and one organization must not use all."""

import threading
import time
from collections.abc import Hashable
from typing import Final

BURST_SECONDS: Final = 2.0


class Quota:
    """A token bucket for each organization, in this process."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._burst = max(per_second * BURST_SECONDS, 1.0)
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, organization: Hashable) -> float:
        """Take one call and return 0, or return in how many seconds there will be one."""
        now = time.monotonic()
        with self._lock:
            tokens, seen_at = self._buckets.get(organization, (self._burst, now))
            tokens = min(self._burst, tokens + (now - seen_at) * self._per_second)
            is_granted = tokens >= 1
            self._buckets[organization] = (tokens - 1 if is_granted else tokens, now)
        return 0.0 if is_granted else (1 - tokens) / self._per_second
