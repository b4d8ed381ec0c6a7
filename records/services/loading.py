"""The import itself, a chunk at a time: rows, their count and the cursor are one transaction."""

from collections.abc import Sequence
from datetime import datetime

from audit.actor import Actor
from records.csvfile.validation import CheckedRow, Values
from records.models import ImportJob
from records.models.imports import State
from records.services import ending, inserting

COUNTS = ("rows_imported", "rows_skipped")
WORKER = "worker"


def load_chunk(job: ImportJob, rows: Sequence[CheckedRow], *, now: datetime) -> None:
    """Insert the good ones of `rows` for the locked `job`; the caller saves its counts.

    A reference that exists is left as it is and counted. Rows with issues were refused in the dry run.
    """
    good = [row for row in rows if not row.issues]
    first: dict[str, Values] = {}
    for row in good:
        first.setdefault(row.reference, row.values)
    imported = inserting.insert_people(
        list(first.values()), organization_id=job.organization_id, now=now, all_new=not job.rows_existing
    )
    job.rows_imported += imported
    job.rows_skipped += len(good) - imported


def finish(job: ImportJob, *, now: datetime) -> None:
    """End the job in the transaction of its last chunk.

    Its numbers are made to add up: a reference that the dry run found twice is a row with a problem, and is
    not counted as skipped as well.
    """
    job.rows_skipped = job.rows_good + job.rows_existing - job.rows_imported
    ending.end(job, State.DONE, actor=Actor.system(WORKER), now=now)
