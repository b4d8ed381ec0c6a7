"""The log of one's own organization: the list, and one event."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from audit.access import LogReaderMixin
from audit.actor import Actor
from audit.forms import LogFilterForm
from audit.models import InboxEvent
from audit.services import reading

ROWS_TARGET = "event-rows"


class LogView(LogReaderMixin):
    """Events, newest first, 25 at a time."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page; for "Load older" with htmx, only the rows and the next button."""
        form = LogFilterForm(request.GET)
        filters = form.wanted()
        page = reading.read_page(
            organization_id=self.access.organization.pk,
            reader=Actor.person(self.access.person.pk),
            filters=filters,
            before=form.cleaned_data.get("before"),
            now=timezone.now(),
        )
        context: dict[str, Any] = {"page": page, "filters": filters, "form": form}
        if page.older_than:
            context["older_url"] = "?" + urlencode({**filters, "before": str(page.older_than)})
        only_rows = request.headers.get("HX-Target") == ROWS_TARGET
        return render(request, "audit/partials/older.html" if only_rows else "audit/list.html", context)


class EventView(LogReaderMixin):
    """One event, with everything it says."""

    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        """Show it. An event of another organization's log does not exist here."""
        try:
            detail = reading.read_event(
                organization_id=self.access.organization.pk,
                event_id=event_id,
                reader=Actor.person(self.access.person.pk),
                now=timezone.now(),
            )
        except InboxEvent.DoesNotExist as error:
            raise Http404 from error
        return render(request, "audit/event.html", {"detail": detail})
