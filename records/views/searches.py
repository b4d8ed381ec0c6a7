"""Search: a form that is posted, and a page that only its owner can open."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.access import RoleRequiredMixin
from records import access, search_kinds
from records.forms.searches import SearchForm
from records.models import Search
from records.selectors import figures
from records.selectors import people as selectors
from records.selectors.keyset import Cursor
from records.services import searching
from records.views.typed import FormView


class SearchMixin(RoleRequiredMixin, FormView[SearchForm]):
    """The form with the kinds that this person may search by."""

    roles = access.SEARCH
    form_class = SearchForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer what the role allows."""
        allowed = self.access.has(*access.SEARCH_PROTECTED)
        return super().get_form_kwargs() | {"may_search_protected": allowed}


class NewSearchView(SearchMixin):
    """The search form on a page of its own; the list posts here too."""

    template_name = "records/search.html"

    def form_valid(self, form: SearchForm) -> HttpResponse:
        """Search, and go to the page of the result."""
        if form.is_reference:
            return self._look_up(form)
        try:
            search = searching.search(
                kind=search_kinds.KINDS[form.cleaned_data["by"]],
                text=form.cleaned_data["text"],
                person_id=self.access.person.pk,
                organization_id=self.access.organization.pk,
                now=timezone.now(),
            )
        except searching.NothingToSearch:
            form.add_error("text", _("This cannot be found in that field. An example stands beside each kind."))
            return self.form_invalid(form)
        return _see_other(redirect("records:found", search.pk))

    def _look_up(self, form: SearchForm) -> HttpResponse:
        organization_id = self.access.organization.pk
        searching.note_lookup(person_id=self.access.person.pk, organization_id=organization_id, now=timezone.now())
        record_id = selectors.with_reference(organization_id, form.cleaned_data["text"])
        if record_id is None:
            form.add_error("text", _("No person has this reference."))
            return self.form_invalid(form)
        return _see_other(redirect("records:person", record_id))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show an example of each kind."""
        kinds = search_kinds.KINDS.values() if self.access.has(*access.SEARCH_PROTECTED) else ()
        return super().get_context_data(**kwargs) | {"kinds": kinds}


class FoundView(RoleRequiredMixin, TemplateView):
    """What a search found, masked, newest first. The address holds a random id and no value."""

    roles = access.SEARCH_PROTECTED
    template_name = "records/found.html"

    def get_template_names(self) -> list[str]:
        """Answer the link for older rows with rows alone."""
        is_rows = getattr(self.request, "htmx", False) and "after" in self.request.GET
        return ["records/partials/rows_answer.html" if is_rows else self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Find the search of this person and read one page of it."""
        searches = Search.objects.of(self.access.person.pk, self.access.organization.pk)
        search = get_object_or_404(searches, pk=self.kwargs["search_id"])
        context = super().get_context_data(**kwargs)
        context["kind"] = search_kinds.KINDS[search.kind]
        context["page"] = selectors.found(search, Cursor.parse(self.request.GET.get("after", "")))
        if self.template_name in self.get_template_names():
            context["count"] = figures.capped_count(selectors.matching(search))
            context["search_form"] = SearchForm(may_search_protected=True, initial={"by": search.kind})
        return context


def _see_other(response: HttpResponseRedirect) -> HttpResponse:
    """Make the browser fetch the result with GET (RFC 9110, 15.4.4), so that going back posts nothing."""
    response.status_code = 303
    return response
