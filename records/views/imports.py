"""The import wizard after the upload: one address a step, the state in the database."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import RoleRequiredMixin
from records import access
from records.csvfile.heading import Heading
from records.forms.imports import ColumnsForm
from records.models import ImportJob
from records.models.imports import State
from records.selectors import imports as selectors
from records.selectors.keyset import Cursor
from records.services import importing, uploading
from records.views.typed import FormView

COLUMNS: Final = "records:columns"
CHECK: Final = "records:check"
RUN: Final = "records:run"
# Where the state of an import belongs: a step that is not its own sends people there.
STEP_OF: Final = {
    State.UPLOADED: COLUMNS,
    State.CHECKING: CHECK,
    State.CHECKED: CHECK,
}


def step_of(job: ImportJob) -> str:
    """Return the name of the page on which `job` waits or shows how it ended."""
    return STEP_OF.get(State(job.state), RUN)


class ImportListView(RoleRequiredMixin, TemplateView):
    """All imports of the organization, newest first."""

    roles = access.IMPORT
    template_name = "records/imports.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Read one page."""
        after = Cursor.parse(self.request.GET.get("after", ""))
        return super().get_context_data(**kwargs) | {"page": selectors.listed(self.access.organization.pk, after)}


class JobMixin(RoleRequiredMixin):
    """A page about one import of the organization."""

    roles = access.IMPORT
    job: ImportJob

    def find_job(self) -> ImportJob:
        """Return the job of the address; another organization's is 404."""
        jobs = ImportJob.objects.for_organization(self.access.organization.pk).select_related("accepted_by")
        return get_object_or_404(jobs, pk=self.kwargs["job_id"])

    def job_context(self, job: ImportJob) -> dict[str, Any]:
        """Return what every step shows."""
        return {
            "job": job,
            "progress": selectors.progress(job),
            "is_over": selectors.is_over(job),
            "failure": selectors.failure(job),
        }


class ColumnsView(JobMixin, FormView[ColumnsForm]):
    """Step 2: which column is what."""

    template_name = "records/import_columns.html"
    form_class = ColumnsForm
    heading: Heading

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the columns, unless the import is past this step."""
        self.job = self.find_job()
        if self.job.spool_id is None or self.job.state == State.IMPORTING:
            return redirect(step_of(self.job), self.job.pk)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the answers."""
        self.job = self.find_job()
        if self.job.spool_id is None:
            return redirect(step_of(self.job), self.job.pk)
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Read the headings from the sealed file: they are stored nowhere else."""
        if self.job.spool_id is None:
            raise importing.WrongStep
        try:
            self.heading = uploading.read_heading(self.job.spool_id, organization_id=self.job.organization_id)
        except FileNotFoundError as error:
            raise Http404 from error
        return super().get_form_kwargs() | {"columns": self.heading.columns, "targets": self.job.targets}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the delimiter that was found."""
        return super().get_context_data(**kwargs) | self.job_context(self.job) | {"step": 2}

    def form_valid(self, form: ColumnsForm) -> HttpResponse:
        """Start the dry run."""
        try:
            importing.match_columns(
                job_id=self.job.pk, organization_id=self.job.organization_id, targets=form.targets()
            )
        except importing.WrongStep:
            return redirect(step_of(self.find_job()), self.job.pk)
        return redirect(CHECK, self.job.pk)


class StepView(JobMixin, TemplateView):
    """Steps 3 and 4: a job that works, and what came of it. htmx asks for the fragment alone."""

    step: int
    page_name: str
    template_name: str
    fragment_name: str

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the step to which the job belongs."""
        job = self.find_job()
        if step_of(job) != self.page_name:
            answer = redirect(step_of(job), job.pk)
            return HttpResponseClientRedirect(answer.url) if getattr(request, "htmx", False) else answer
        context = self.get_context_data(**kwargs) | self.job_context(job) | {"step": self.step}
        if not context["progress"].is_working:
            context["issues"] = selectors.first_issues(job)
        return self.render_to_response(context)

    def get_template_names(self) -> list[str]:
        """Answer a poll with the fragment."""
        return [self.fragment_name if getattr(self.request, "htmx", False) else self.template_name]


class CheckView(StepView):
    """Step 3: the dry run and its findings."""

    step = 3
    page_name = CHECK
    template_name = "records/import_check.html"
    fragment_name = "records/partials/check.html"


class RunView(StepView):
    """Step 4: the import and its end."""

    step = 4
    page_name = RUN
    template_name = "records/import_run.html"
    fragment_name = "records/partials/run.html"


class AcceptView(JobMixin, View):
    """Yes to the dry run."""

    def post(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        """Start the import."""
        job = self.find_job()
        try:
            importing.accept(
                job_id=job.pk,
                organization_id=self.access.organization.pk,
                person_id=self.access.person.pk,
                now=timezone.now(),
            )
        except importing.WrongStep:
            messages.error(request, _("The import is no longer waiting for this decision."))
        return redirect(step_of(self.find_job()), job.pk)


class CancelView(JobMixin, View):
    """No, or no longer."""

    def post(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        """End the import and drop the file."""
        job = self.find_job()
        try:
            importing.cancel(
                job_id=job.pk,
                organization_id=self.access.organization.pk,
                person_id=self.access.person.pk,
                now=timezone.now(),
            )
        except importing.WrongStep:
            messages.error(request, _("The import has already ended."))
        return redirect(RUN, job.pk)
