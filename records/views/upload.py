"""Step 1 of the wizard: the upload. The role is checked before the first byte of the body is read."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from accounts.access import RoleRequiredMixin, access_of
from records import access, conf
from records.csvfile.heading import UnreadableFile
from records.forms.imports import UploadForm
from records.services import uploading
from records.uploads import SealedUpload, SealedUploadHandler, arrived_whole
from records.views.typed import FormView

# A multipart body is a little longer than the file in it.
_FORM_BYTES = 64 * 1024


@method_decorator(csrf_protect, name="dispatch")
class _UploadFormView(RoleRequiredMixin, FormView[UploadForm]):
    """The page and its form, behind the role and the CSRF check."""

    roles = access.IMPORT
    template_name = "records/import_upload.html"
    form_class = UploadForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say the limit before anybody meets it."""
        return super().get_context_data(**kwargs) | _context()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Make a job of the sealed file, or say why there is none."""
        handler = _handler_of(request)
        form = self.get_form()
        form.is_valid()  # reads the body
        if handler.is_too_large:
            return self._too_large(form)
        if not form.is_valid():
            return self.form_invalid(form)
        if not arrived_whole(request):
            form.add_error("file", _("The upload broke off before its end. Try again."))
            return self.form_invalid(form)
        return self.form_valid(form)

    def form_valid(self, form: UploadForm) -> HttpResponse:
        """Read the heading and store the job."""
        upload: SealedUpload = form.cleaned_data["file"]
        try:
            job = uploading.open_job(
                upload=upload.spool, file_name=upload.name or "", person_id=self.access.person.pk, now=timezone.now()
            )
        except UnreadableFile as unreadable:
            form.add_error("file", str(unreadable.reason.label))
            return self.form_invalid(form)
        _handler_of(self.request).is_claimed = True
        return redirect("records:columns", job.pk)

    def form_invalid(self, form: UploadForm) -> HttpResponse:
        """Show the form again."""
        response = super().form_invalid(form)
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response

    def _too_large(self, form: UploadForm) -> HttpResponse:
        form.errors.pop("file", None)
        form.add_error("file", too_large_text())
        response = super().form_invalid(form)
        response.status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return response


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponseBase:
    """Install the sealing handler before anything reads the body, and leave no file that nobody claimed.

    Django's CSRF check reads the body, and with it the file, so it stands inside, in `_UploadFormView`.
    """
    view = _UploadFormView.as_view()
    standing = access_of(request)
    if request.method != "POST" or standing is None or not standing.has(*access.IMPORT):
        return view(request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > conf.upload_limit_bytes() + _FORM_BYTES:
        return _refuse_unread(request)
    handler = SealedUploadHandler(request, organization_id=standing.organization.pk)
    request.upload_handlers = [handler]
    try:
        return view(request)
    finally:
        handler.discard()


def too_large_text() -> str:
    """Return the refusal of a file over the limit."""
    return _("The file is larger than %(limit)s, which is the most that can be imported at once.") % {
        "limit": filesizeformat(conf.upload_limit_bytes())
    }


def _handler_of(request: HttpRequest) -> SealedUploadHandler:
    handler = request.upload_handlers[0]
    if not isinstance(handler, SealedUploadHandler):
        raise PermissionDenied
    return handler


def _refuse_unread(request: HttpRequest) -> HttpResponseBase:
    """Answer a body that says itself that it is too long, without reading it."""
    form = UploadForm({}, MultiValueDict())
    form.add_error(None, too_large_text())
    form.errors.pop("file", None)
    context = _context() | {"form": form}
    return render(request, "records/import_upload.html", context, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _context() -> dict[str, Any]:
    return {"step": 1, "limit_bytes": conf.upload_limit_bytes(), "spool_days": conf.spool_lifetime().days}
