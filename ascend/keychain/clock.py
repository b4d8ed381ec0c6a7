"""The clock of leases. CLOCK_MONOTONIC stands still while a machine is suspended; a lease must not.

Callers look the functions up here at each use, or keep one for the life of a lease, so a test
can put another clock in their place.
"""

import time
from collections.abc import Callable
from functools import partial

_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

boot_seconds: Callable[[], float] = partial(time.clock_gettime, _BOOT_CLOCK)
wall_seconds: Callable[[], float] = time.time

MAX_DRIFT_SECONDS = 5.0


class DriftGuard:
    """Notices when wall and boot clock come apart: a restored snapshot, or someone turning a clock."""

    def __init__(self) -> None:
        self._offset = wall_seconds() - boot_seconds()

    def has_drifted(self) -> bool:
        """Return whether the clocks drifted by more than 5 s since the last time this was true."""
        offset = wall_seconds() - boot_seconds()
        if abs(offset - self._offset) <= MAX_DRIFT_SECONDS:
            return False
        self._offset = offset
        return True
