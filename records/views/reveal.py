"""One value, for one minute, for somebody who said why."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from accounts.access import RoleRequiredMixin
from records import access, person_fields
from records.forms.people import RevealForm
from records.models import PersonRecord
from records.selectors import people as selectors
from records.services import revealing

REVEAL_SECONDS = 60


class RevealView(RoleRequiredMixin, View):
    """POST only: a fragment for htmx, a page that leaves by itself without it."""

    roles = access.REVEAL
    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it

    def post(self, request: HttpRequest, record_id: UUID) -> HttpResponse:
        """Reveal the field, or say what is missing in the form."""
        field = person_fields.BY_NAME.get(request.POST.get("field", ""))
        prefix = f"id_{field.name}_%s" if field else "id_%s"
        form = RevealForm(request.POST, auto_id=prefix)
        context: dict[str, Any] = {"form": form, "field": field, "record_id": record_id, "seconds": REVEAL_SECONDS}
        try:
            if not form.is_valid():
                context["person"] = selectors.shown(self.access.organization.pk, record_id)
                return render(request, self._template("refused"), context, status=422)
            context["value"] = self._value(form, record_id)
        except PersonRecord.DoesNotExist as error:
            raise Http404 from error
        response = render(request, self._template("revealed"), context)
        response["Cache-Control"] = "no-store"
        if not self._is_fragment:
            # Without our script, the browser itself leaves the page when the time is over.
            response["Refresh"] = f"{REVEAL_SECONDS}; url={reverse('records:person', args=[record_id])}"
        return response

    def _value(self, form: RevealForm, record_id: UUID) -> str | date | None:
        return revealing.reveal(
            record_id=record_id,
            organization_id=self.access.organization.pk,
            field=form.cleaned_data["field"],
            reason=form.cleaned_data["reason"],
            person_id=self.access.person.pk,
            now=timezone.now(),
        )

    @property
    def _is_fragment(self) -> bool:
        return bool(getattr(self.request, "htmx", False))

    def _template(self, name: str) -> str:
        return f"records/partials/{name}.html" if self._is_fragment else f"records/{name}.html"
