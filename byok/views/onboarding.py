"""The wizard for a customer's own key: one address a step, the state in the database."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.access import RoleRequiredMixin
from byok import access
from byok.models import Registration, State
from byok.selectors import onboarding
from byok.services import registering


class OnboardingView(RoleRequiredMixin):
    """What is on its way, and the way in."""

    roles = access.ONBOARDING

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the organization's registrations, newest first."""
        listed = onboarding.listed(self.access.organization.pk)
        may_register = self.access.has(*access.REGISTER)
        return render(request, "byok/onboarding.html", {"listed": listed, "may_register": may_register})


class StartView(RoleRequiredMixin):
    """Open a draft."""

    roles = access.REGISTER
    http_method_names = ("post",)

    def post(self, _request: HttpRequest) -> HttpResponse:
        """Start, and go to the first step."""
        draft = registering.start(
            organization_id=self.access.organization.pk, person_id=self.access.person.pk, now=timezone.now()
        )
        return redirect("byok:onboarding_key", draft.pk)


class StepView(RoleRequiredMixin, View):
    """One step of one registration of the organization. Another organization's is 404."""

    roles = access.ONBOARDING
    slug: ClassVar[str]
    editors: ClassVar[frozenset[Any]] = access.REGISTER
    registration: Registration
    progress: onboarding.Progress

    def find(self) -> HttpResponse | None:
        """Load the registration; return where to go instead if this step may not be opened yet."""
        registrations = Registration.objects.for_organization(self.access.organization.pk)
        found = registrations.select_related("started_by", "approval")
        self.registration = get_object_or_404(found, pk=self.kwargs["registration_id"])
        self.progress = onboarding.progress(self.registration)
        if not self.registration.is_open:
            return redirect("byok:onboarding")
        return None if self.progress.is_open(self.slug) else self.to_next()

    def require_editor(self) -> None:
        """Refuse a change by somebody who may only look.

        Raises:
            PermissionDenied: this step is another role's.
        """
        if not self.access.has(*self.editors):
            raise PermissionDenied

    @property
    def may_edit(self) -> bool:
        """Return whether this person may change the step."""
        return self.access.has(*self.editors) and self.registration.state == State.DRAFT

    def ids(self) -> dict[str, Any]:
        """Return what every service of a step needs."""
        return {
            "registration_id": self.registration.pk,
            "organization_id": self.access.organization.pk,
            "person_id": self.access.person.pk,
            "now": timezone.now(),
        }

    def to_next(self) -> HttpResponse:
        """Go to the first step that is not done."""
        return redirect(f"byok:onboarding_{self.progress.next_step}", self.registration.pk)

    def go_on(self) -> HttpResponse:
        """Read the registration anew and go to the first step that is not done."""
        self.registration.refresh_from_db()
        self.progress = onboarding.progress(self.registration)
        return self.to_next()

    def was_overtaken(self) -> HttpResponse:
        """Say that somebody else was faster."""
        messages.warning(
            self.request, _("Somebody else changed this registration meanwhile. This is how it stands now.")
        )
        return self.go_on()

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """Render the step with its rail."""
        shown = {
            "registration": self.registration,
            "rail": self.progress.rail(self.slug),
            "number": onboarding.number_of(self.slug),
            "may_edit": self.may_edit,
            "may_give_up": self.access.has(*access.REGISTER) and self.registration.state == State.DRAFT,
            "acknowledgement": self.progress.acknowledgement,
        }
        return render(self.request, f"byok/onboarding/{template}.html", shown | context, status=status)


class CancelView(StepView):
    """Give a draft up."""

    roles = access.REGISTER
    slug = "key"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Cancel."""
        elsewhere = self.find()
        if elsewhere is not None:
            return elsewhere
        try:
            registering.cancel(**self.ids())
        except registering.WrongStep:
            return self.was_overtaken()
        messages.success(request, _("The registration was given up. What you applied in your account stays there."))
        return redirect("byok:onboarding")
