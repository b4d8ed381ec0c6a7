"""Settings of records, read at the moment of use."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

# Small enough that a crash repeats little and the progress moves, large enough to make a COPY worth its start.
CHUNK_ROWS: Final = 2000
# A file of rows that are each as long as allowed must not fill the memory.
CHUNK_BYTES: Final = 8 * 1024 * 1024
# How many issues of one file are kept for the report; all are counted.
KEPT_ISSUES: Final = 10_000
# Beyond this a count is shown as "100,000+": counting everything would read everything.
COUNT_CAP: Final = 100_000
PAGE_ROWS: Final = 25


def upload_limit_bytes() -> int:
    """Return the size of the largest file that can be imported (`IMPORT_MAX_BYTES`, 2 GiB)."""
    return int(getattr(settings, "IMPORT_MAX_BYTES", 2 * 1024**3))


def spool_lifetime() -> timedelta:
    """Return after how long the sealed copy of an unfinished import goes (`IMPORT_SPOOL_DAYS`, 7 days)."""
    return timedelta(days=int(getattr(settings, "IMPORT_SPOOL_DAYS", 7)))


def spool_dir() -> Path:
    """Return the folder of the sealed copies of uploaded files, made for its owner alone."""
    folder = Path(settings.DATA_DIR) / "spool"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def lease() -> timedelta:
    """Return how long a worker may hold a job without a sign of life (`IMPORT_LEASE_SECONDS`, 20)."""
    return timedelta(seconds=float(getattr(settings, "IMPORT_LEASE_SECONDS", 20)))


def slice_chunks() -> int:
    """Return how many chunks one task works before it lets other jobs through (`IMPORT_SLICE_CHUNKS`, 10)."""
    return int(getattr(settings, "IMPORT_SLICE_CHUNKS", 10))


def search_lifetime() -> timedelta:
    """Return how long the page of a search can be opened (`SEARCH_LIFETIME_SECONDS`, 8 h)."""
    return timedelta(seconds=int(getattr(settings, "SEARCH_LIFETIME_SECONDS", 8 * 3600)))
