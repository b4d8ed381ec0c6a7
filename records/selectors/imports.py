"""Imports as pages show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from records import conf, person_fields
from records.csvfile.mapping import IGNORE
from records.models import ImportIssue, ImportJob
from records.models.imports import ENDED, Failure, State
from records.reasons import Reason
from records.selectors.keyset import Cursor, Page, page_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ISSUES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is, in bytes of its file and in rows."""

    done_bytes: int
    total_bytes: int
    rows: int
    is_working: bool

    @property
    def percent(self) -> int:
        """Return whole percents; 100 only at the end."""
        return 100 if not self.total_bytes else min(100, self.done_bytes * 100 // self.total_bytes)


@dataclass(frozen=True, slots=True)
class ShownIssue:
    """One issue: the row as a spreadsheet counts it, the column by number and field, and the reason in words."""

    row: int
    column: "StrOrPromise"
    reason: "StrOrPromise"


def listed(organization_id: UUID, after: Cursor | None = None) -> Page[ImportJob]:
    """Return a page of the organization's imports, newest first."""
    jobs = ImportJob.objects.for_organization(organization_id).select_related("created_by")
    if after is not None:
        jobs = jobs.filter(after.rows_after())
    rows = list(jobs.newest_first()[: conf.PAGE_ROWS + 1])
    return page_of(rows, lambda job: job, lambda job: Cursor(job.created_at, job.pk))


def progress(job: ImportJob) -> Progress:
    """Return how far `job` is in the phase that it is in."""
    rows = max(0, job.cursor_rows - job.heading_row)
    return Progress(job.cursor_bytes, job.file_bytes, rows, is_working=job.state in {State.CHECKING, State.IMPORTING})


def first_issues(job: ImportJob) -> list[ShownIssue]:
    """Return the first issues of the dry run."""
    return [_shown(job, issue) for issue in job.issues.all()[:ISSUES_SHOWN]]


def all_issues(job: ImportJob) -> Iterator[ShownIssue]:
    """Yield every issue that was kept, in the order of the rows."""
    return (_shown(job, issue) for issue in job.issues.iterator())


def columns_used(job: ImportJob) -> list["StrOrPromise"]:
    """Return the names of the fields that the file fills."""
    return [person_fields.BY_NAME[target].label for target in job.targets if target != IGNORE]


def is_over(job: ImportJob) -> bool:
    """Return whether nothing will happen with `job` any more."""
    return job.state in ENDED


def failure(job: ImportJob) -> "StrOrPromise":
    """Return why `job` failed, in words; an empty text if it did not."""
    return Failure(job.failure).label if job.failure else ""


def _shown(job: ImportJob, issue: ImportIssue) -> ShownIssue:
    return ShownIssue(issue.row, _column(job, issue.column), Reason(issue.reason).label)


def _column(job: ImportJob, index: int | None) -> str:
    """Return "4 (Date of birth)". The heading of the file is not repeated: it might be a value."""
    if index is None:
        return ""
    target = job.targets[index] if index < len(job.targets) else IGNORE
    field = person_fields.BY_NAME.get(target)
    return f"{index + 1} ({field.label})" if field else str(index + 1)
