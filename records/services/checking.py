"""The dry run, a chunk at a time: every problem of the file is noted, and no record is written."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection

from records import conf
from records.csvfile.validation import CheckedRow, Issue
from records.models import ImportIssue, ImportJob, PersonRecord
from records.reasons import FATAL, Reason
from records.services import ending

_REMEMBER = """
    INSERT INTO records_seenreference (job_id, reference) SELECT %s, unnest(%s::text[])
    ON CONFLICT (job_id, reference) DO NOTHING RETURNING reference
"""
FINDINGS = ("rows_good", "rows_bad", "rows_existing", "issues_found", "fatal_reason")


def check_chunk(job: ImportJob, rows: Sequence[CheckedRow], *, reference_column: int) -> None:
    """Add what `rows` show to the findings of the locked `job`; the caller saves its counts."""
    references = [row.reference for row in rows if not row.issues]
    first_seen = _remember(job, references)
    existing = _existing(job, references)
    issues: list[Issue] = []
    for row in rows:
        found = row.issues or tuple(_about_reference(row, reference_column, first_seen, existing))
        issues += found
        _count(job, row, found)
    _keep(job, issues)


def _about_reference(row: CheckedRow, column: int, first_seen: set[str], existing: set[str]) -> Iterator[Issue]:
    """Yield what is wrong with the reference of an otherwise good row, and cross it off `first_seen`."""
    if row.reference not in first_seen:
        yield Issue(row.number, column, Reason.REFERENCE_REPEATED)
        return
    first_seen.discard(row.reference)
    if row.reference in existing:
        yield Issue(row.number, column, Reason.REFERENCE_EXISTS)


def _count(job: ImportJob, row: CheckedRow, found: Sequence[Issue]) -> None:
    reasons = {issue.reason for issue in found}
    job.issues_found += len(found)
    if not reasons:
        job.rows_good += 1
    elif reasons == {Reason.REFERENCE_EXISTS}:
        job.rows_existing += 1
    else:
        job.rows_bad += 1
    fatal = reasons & FATAL
    if fatal:
        job.fatal_reason = min(fatal).value


def _remember(job: ImportJob, references: list[str]) -> set[str]:
    """Return those of `references` that no earlier chunk had."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [job.pk, references])
        return {reference for (reference,) in cursor.fetchall()}


def _existing(job: ImportJob, references: list[str]) -> set[str]:
    records = PersonRecord.objects.for_organization(job.organization_id).filter(reference__in=references)
    return set(records.values_list("reference", flat=True))


def _keep(job: ImportJob, issues: list[Issue]) -> None:
    """Store as many issues as the report has room for. `issues_found` has counted these already."""
    room = max(0, conf.KEPT_ISSUES - (job.issues_found - len(issues)))
    ImportIssue.objects.bulk_create(
        ImportIssue(job=job, row=issue.row, column=issue.column, reason=issue.reason) for issue in issues[:room]
    )


def finish(job: ImportJob, *, now: datetime) -> None:
    """Note that the whole file was seen, as far as it could be read."""
    ending.finish_check(job, now=now)
