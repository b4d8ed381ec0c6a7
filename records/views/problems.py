"""The report of a dry run as a file."""

import csv
from collections.abc import Iterator
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.views.generic import View

from records.models import ImportJob
from records.selectors import imports as selectors
from records.views.imports import JobMixin


class _Line:
    """What the csv module writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


class IssuesFileView(JobMixin, View):
    """The report as CSV: row, column and reason. It holds no value of the file."""

    def get(self, request: HttpRequest, job_id: UUID) -> StreamingHttpResponse:
        """Stream the report."""
        job = self.find_job()
        response = StreamingHttpResponse(_lines(job), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{job.pk}-problems.csv"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _lines(job: ImportJob) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(["row", "column", "reason"])
    for issue in selectors.all_issues(job):
        yield writer.writerow([issue.row, str(issue.column), str(issue.reason)])
