"""How often a test repeats itself: little enough for minutes, or as often as it takes (`make test-all`)."""

import os
from typing import Final

IS_FULL: Final = os.environ.get("ASCEND_TESTS_FULL") == "1"


def times(usual: int, full: int) -> int:
    """Return `usual`, or `full` under `make test-all`."""
    return full if IS_FULL else usual
