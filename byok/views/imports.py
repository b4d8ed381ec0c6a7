"""A key that its owner brings: begin, bring, confirm. The row holds where the ceremony stands."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.access import RoleRequiredMixin
from ascend.providers import openssl
from ascend.providers.contract import ProviderError
from ascend.providers.importing import Check
from byok import access, conf
from byok.forms.imports import ConfirmForm, TakeForm
from byok.models import Ceremony, Stage
from byok.services import ceremonies


class ImportsView(RoleRequiredMixin):
    """What was brought, and the way in."""

    roles = access.IMPORT

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the organization's ceremonies, newest first."""
        listed = Ceremony.objects.for_organization(self.access.organization.pk).newest_first()[:50]
        offered = bool(conf.import_key()) and self.access.has(*access.REGISTER)
        return render(request, "byok/imports.html", {"listed": listed, "offered": offered})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Have a wrapping key made."""
        if not (conf.import_key() and self.access.has(*access.REGISTER)):
            raise PermissionDenied
        try:
            begun = ceremonies.begin(
                organization_id=self.access.organization.pk,
                person_id=self.access.person.pk,
                provider_uri=conf.import_key(),
                wrapping=None,
                now=timezone.now(),
            )
        except ProviderError as error:
            messages.error(request, str(error))
            return redirect("byok:imports")
        return redirect("byok:import", begun.pk)


class CeremonyView(RoleRequiredMixin, View):
    """One ceremony of the organization. Another organization's is 404."""

    roles = access.IMPORT
    ceremony: Ceremony

    def find(self) -> None:
        """Load it."""
        found = Ceremony.objects.for_organization(self.access.organization.pk).newest_first()
        self.ceremony = get_object_or_404(found, pk=self.kwargs["ceremony_id"])

    def ids(self) -> dict[str, Any]:
        """Return what every service needs."""
        return {
            "ceremony_id": self.ceremony.pk,
            "organization_id": self.access.organization.pk,
            "person_id": self.access.person.pk,
            "now": timezone.now(),
        }

    @property
    def may_bring(self) -> bool:
        """Return whether this person may bring the key or give the ceremony up."""
        return self.access.has(*access.REGISTER) and self.ceremony.stage == Stage.OPEN

    @property
    def may_confirm(self) -> bool:
        """Return whether this person is the second one."""
        return self.ceremony.stage == Stage.IMPORTED and self.ceremony.taken_by_id != self.access.person.pk

    def to_page(self) -> HttpResponse:
        """Go to the ceremony's page."""
        return redirect("byok:import", self.ceremony.pk)

    def show(self, form: Form | None, status: int = 200) -> HttpResponse:
        """Render the page with the form that belongs to the stage."""
        said = self.ceremony.said
        check = Check(self.ceremony.check_kind)
        context = {
            "ceremony": self.ceremony,
            "form": form,
            "may_bring": self.may_bring,
            "may_confirm": self.may_confirm,
            "lines": [openssl.make_key(), *openssl.wrap(self.ceremony.parameters.wrapping), openssl.show()],
            "check_line": openssl.check_after(said) if said else openssl.check_before(check),
            "check_value": said.value.hex() if said else "",
        }
        return render(self.request, "byok/import.html", context, status=status)

    def was_overtaken(self) -> HttpResponse:
        """Say that somebody else was faster."""
        messages.warning(self.request, _("Somebody else changed this import meanwhile. This is how it stands now."))
        return self.to_page()


class ImportView(CeremonyView):
    """The lines, and the wrapped key."""

    def get(self, _request: HttpRequest, ceremony_id: UUID) -> HttpResponse:  # noqa: ARG002 - `find` reads it
        """Show where the ceremony stands."""
        self.find()
        form = TakeForm(check=Check(self.ceremony.check_kind)) if self.may_bring else None
        return self.show(ConfirmForm() if self.may_confirm else form)

    def post(self, request: HttpRequest, ceremony_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Hand the wrapped key to the key store."""
        self.find()
        if not self.access.has(*access.REGISTER):
            raise PermissionDenied
        form = TakeForm(request.POST, check=Check(self.ceremony.check_kind))
        if not form.is_valid():
            return self.show(form, 422)
        try:
            ceremonies.take(**self.ids(), delivery=form.delivery())
        except ceremonies.WrongStage:
            return self.was_overtaken()
        except ProviderError as error:
            form.add_error(None, str(error))
            return self.show(form, 422)
        messages.success(request, _("The key store has the key. A second person must confirm it."))
        return self.to_page()


class WrappingKeyView(CeremonyView):
    """The public key as a file."""

    def get(self, _request: HttpRequest, ceremony_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Send it."""
        self.find()
        answer = HttpResponse(self.ceremony.parameters.pem, content_type="application/x-pem-file")
        answer["Content-Disposition"] = 'attachment; filename="wrapping-key.pem"'
        return answer


class ConfirmView(CeremonyView):
    """The second person's word."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, ceremony_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Compare their check value."""
        self.find()
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            return self.show(form, 422)
        try:
            ceremonies.confirm(**self.ids(), told=form.cleaned_data["told"])
        except ceremonies.WrongStage:
            return self.was_overtaken()
        except ceremonies.SamePerson:
            raise PermissionDenied from None
        except ceremonies.OtherKey:
            form.add_error("told", _("The key store holds another key. Do not use it: find out who replaced it."))
            return self.show(form, 422)
        messages.success(request, _("The key is confirmed."))
        return self.to_page()


class CancelView(CeremonyView):
    """Give a ceremony up."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, ceremony_id: UUID) -> HttpResponse:  # noqa: ARG002
        """End it; the key store forgets its wrapping key."""
        self.find()
        if not self.access.has(*access.REGISTER):
            raise PermissionDenied
        try:
            ceremonies.cancel(**self.ids())
        except ceremonies.WrongStage:
            return self.was_overtaken()
        except ProviderError as error:
            messages.warning(request, str(error))
        return redirect("byok:imports")
