"""Windows that are closed, for ever: an old value found behind one is an alarm."""

import time
from typing import Final

from django.db import models

KNOWN_FOR_SECONDS: Final = 30.0


class ClosedWindow(models.Model):
    """One column of which no old value was left. The row is what a restored or forged old value is held against."""

    label = models.CharField(max_length=255, primary_key=True)
    closed_at = models.DateTimeField()

    class Meta:
        app_label = "ascend"
        db_table = "ascend_closed_window"


_asked: dict[str, tuple[bool, float]] = {}


def is_closed(label: str) -> bool:
    """Return whether the column's window was closed. "Not yet" is believed for 30 s, so that reading stays cheap."""
    closed, asked_at = _asked.get(label, (False, -KNOWN_FOR_SECONDS))
    if not closed and time.monotonic() - asked_at >= KNOWN_FOR_SECONDS:
        closed = ClosedWindow.objects.filter(label=label).exists()
        _asked[label] = closed, time.monotonic()
    return closed


def forget() -> None:
    """Ask again at the next old value: a window was just closed, or a test ends."""
    _asked.clear()
