"""The list of people, one person, and the pages that create, change and delete one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.access import RoleRequiredMixin
from records import access, person_fields
from records.forms.people import ChangePersonForm, NewPersonForm, RevealForm
from records.forms.searches import SearchForm
from records.models import PersonRecord
from records.selectors import figures
from records.selectors import people as selectors
from records.selectors.keyset import Cursor
from records.selectors.people import MaskedPerson
from records.services import people
from records.views.typed import FormView


class PersonListView(RoleRequiredMixin, TemplateView):
    """The organization's people, masked, newest first."""

    roles = access.READ
    template_name = "records/list.html"

    def get_template_names(self) -> list[str]:
        """Answer the link for older rows with rows alone."""
        is_rows = getattr(self.request, "htmx", False) and "after" in self.request.GET
        return ["records/partials/rows_answer.html" if is_rows else self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Read one page."""
        organization_id = self.access.organization.pk
        context = super().get_context_data(**kwargs)
        context["page"] = selectors.listed(organization_id, Cursor.parse(self.request.GET.get("after", "")))
        if self.template_name in self.get_template_names():
            context["count"] = figures.count_of(organization_id)
            context["search_form"] = SearchForm(may_search_protected=self.access.has(*access.SEARCH_PROTECTED))
            context["may_create"] = self.access.has(*access.CREATE)
            context["may_import"] = self.access.has(*access.IMPORT)
        return context


class PersonMixin(RoleRequiredMixin):
    """A page about one person of the organization; another organization's does not exist."""

    roles = access.READ
    person: MaskedPerson

    def find_person(self) -> MaskedPerson:
        """Return the person of the address.

        Raises:
            Http404: the organization has no such record.
        """
        try:
            return selectors.shown(self.access.organization.pk, self.kwargs["record_id"])
        except PersonRecord.DoesNotExist as error:
            raise Http404 from error


class PersonView(PersonMixin, TemplateView):
    """One person, masked, with what this reader may do."""

    template_name = "records/person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Read the person."""
        context = super().get_context_data(**kwargs)
        context["person"] = self.find_person()
        context["may_reveal"] = self.access.has(*access.REVEAL)
        context["may_delete"] = self.access.has(*access.DELETE)
        context["reveal_forms"] = {
            field.name: RevealForm(initial={"field": field.name}, auto_id=f"id_{field.name}_%s")
            for field in person_fields.PROTECTED
        }
        return context


class NewPersonView(RoleRequiredMixin, FormView[NewPersonForm]):
    """A new person, typed in."""

    roles = access.CREATE
    template_name = "records/new_person.html"
    form_class = NewPersonForm

    def form_valid(self, form: NewPersonForm) -> HttpResponse:
        """Store the person."""
        try:
            record = people.create(
                organization_id=self.access.organization.pk,
                values=form.cleaned_data,
                person_id=self.access.person.pk,
                now=timezone.now(),
            )
        except people.ReferenceTaken:
            form.add_error(person_fields.REFERENCE, _("Another person has this reference."))
            return self.form_invalid(form)
        messages.success(self.request, _("The person was stored."))
        return redirect("records:person", record.pk)


class ChangePersonView(PersonMixin, FormView[ChangePersonForm]):
    """New values for a person. The old ones are not shown here, to nobody."""

    roles = access.CHANGE
    template_name = "records/change_person.html"
    form_class = ChangePersonForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the masks, as hints."""
        self.person = self.find_person()
        masked = {field.name: field.masked for field in self.person.fields}
        return super().get_form_kwargs() | {"reference": self.person.reference, "masked": masked}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show whom it is about."""
        return super().get_context_data(**kwargs) | {"person": self.person}

    def form_valid(self, form: ChangePersonForm) -> HttpResponse:
        """Store what was changed."""
        record_id: UUID = self.kwargs["record_id"]
        try:
            people.change(
                record_id=record_id,
                organization_id=self.access.organization.pk,
                changes=form.changes(),
                person_id=self.access.person.pk,
                now=timezone.now(),
            )
        except people.ReferenceTaken:
            form.add_error(person_fields.REFERENCE, _("Another person has this reference."))
            return self.form_invalid(form)
        messages.success(self.request, _("The changes were stored."))
        return redirect("records:person", record_id)


class DeletePersonView(PersonMixin, TemplateView):
    """The question before a deletion, and the deletion."""

    roles = access.DELETE
    template_name = "records/delete_person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show whom it is about."""
        return super().get_context_data(**kwargs) | {"person": self.find_person()}

    def post(self, request: HttpRequest, record_id: UUID) -> HttpResponse:
        """Delete the record."""
        try:
            people.delete(
                record_id=record_id,
                organization_id=self.access.organization.pk,
                person_id=self.access.person.pk,
                now=timezone.now(),
            )
        except PersonRecord.DoesNotExist as error:
            raise Http404 from error
        messages.success(request, _("The record was deleted."))
        return redirect("records:list")
