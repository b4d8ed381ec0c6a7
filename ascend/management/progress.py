"""How a campaign goes, in one line that is written over in a terminal, and in plain lines elsewhere."""

import time
from typing import Any, Final

from django.utils.translation import gettext as _

from ascend.campaigns.lifecycle import Progress

BAR: Final = 24
EVERY_SECONDS: Final = {True: 0.5, False: 5.0}


class Display:
    """Shows rows, rate, the time that is left, conflicts and rows that failed."""

    def __init__(self, stream: Any, first: Progress) -> None:
        """Take the stream of the command and what was done before this run."""
        self.stream = stream
        self.is_terminal = bool(stream.isatty())
        self.every_seconds = EVERY_SECONDS[self.is_terminal]
        self.done_before = first.done + first.failed
        self.began = self.shown = time.monotonic()

    def show(self, progress: Progress) -> None:
        """Show where it is, not more often than somebody reads."""
        now = time.monotonic()
        if now - self.shown >= self.every_seconds:
            self.shown = now
            self._write(progress, ending="" if self.is_terminal else "\n")

    def end(self, progress: Progress) -> None:
        """Show where it ended, and leave the line."""
        self._write(progress, ending="\n")

    def _write(self, progress: Progress, ending: str) -> None:
        line = self.line(progress)
        self.stream.write(f"\r\x1b[K{line}" if self.is_terminal else line, ending=ending)
        self.stream.flush()

    def line(self, progress: Progress) -> str:
        """Return one line about the progress."""
        done, rows = progress.done + progress.failed, max(progress.rows, progress.done + progress.failed)
        seconds = time.monotonic() - self.began
        rate = (done - self.done_before) / seconds if seconds > 0 else 0.0
        parts = [
            _("%(done)s of %(rows)s rows") % {"done": f"{done:,}", "rows": f"{rows:,}"},
            _("%s rows/s") % f"{rate:,.0f}",
            _("%s left") % _duration((rows - done) / rate) if rate and done < rows else "",
            _("%d conflicts") % progress.conflicts if progress.conflicts else "",
            _("%d failed") % progress.failed if progress.failed else "",
            _("waiting: %s") % progress.blocked_by if progress.blocked_by else "",
        ]
        return " · ".join([_bar(done, rows), *(part for part in parts if part)])


def _bar(done: int, rows: int) -> str:
    filled = BAR * done // rows if rows else BAR
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {100 * done // rows if rows else 100:3d} %"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
