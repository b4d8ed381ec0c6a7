"""Steps 4 and 5: the waiver, which an officer signs, and the activation, which another person approves."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.confirmation import is_confirmed
from accounts.services import approvals
from byok import access
from byok.forms.registration import ActivateForm, WaiverForm
from byok.selectors import checks
from byok.services import activating, registering, waiving
from byok.views.onboarding import StepView
from byok.waivers import waiver


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class WaiverStepView(StepView):
    """Step 4: an officer signs; others see who is waited for."""

    slug = "waiver"
    editors = access.SIGN

    def get(self, _request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Show the text, and the form to whoever may sign."""
        return self.find() or self._show(WaiverForm(initial={"sha256": waiver().sha256}))

    def post(self, request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Sign."""
        elsewhere = self.find()
        if elsewhere is not None:
            return elsewhere
        self.require_editor()
        form = WaiverForm(request.POST)
        if not (form.is_valid() and is_confirmed(form, request, self.access)):
            return self._show(form, status=422)
        try:
            self._sign(form)
        except waiving.Outdated:
            messages.warning(request, _("The text was changed while you read it. Please read the current version."))
            return redirect("byok:onboarding_waiver", self.registration.pk)
        messages.success(request, _("The waiver is signed."))
        return self.go_on()

    def _sign(self, form: WaiverForm) -> None:
        waiving.acknowledge(
            organization_id=self.access.organization.pk,
            person_id=self.access.person.pk,
            sha256=form.cleaned_data["sha256"],
            statements=form.statements(),
            typed_name=form.cleaned_data["typed_name"],
            now=timezone.now(),
        )

    def _show(self, form: WaiverForm, status: int = 200) -> HttpResponse:
        return self.show(
            "waiver", status, form=form, waiver=waiver(), officers=checks.officers(self.access.organization.pk)
        )


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class ActivateStepView(StepView):
    """Step 5: ask a second person."""

    slug = "activate"

    def get(self, _request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Show the review, and the form."""
        return self.find() or self._show(ActivateForm(alias=self.registration.alias))

    def post(self, request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Open the approval request."""
        elsewhere = self.find()
        if elsewhere is not None:
            return elsewhere
        self.require_editor()
        form = ActivateForm(request.POST, alias=self.registration.alias)
        if not (form.is_valid() and is_confirmed(form, request, self.access)):
            return self._show(form, status=422)
        said: dict[str, Any] = self.ids()
        said["requester_id"] = said.pop("person_id")
        try:
            wanted = activating.request_activation(**said, reason=form.cleaned_data["reason"])
        except registering.WrongStep:
            return self.was_overtaken()
        except (activating.NotReady, activating.HasValues, registering.KeyTaken, approvals.AlreadyRequested) as error:
            form.add_error(None, _why(error))
            return self._show(form, status=409)
        messages.success(request, _("Your request waits for an approver."))
        return redirect("approval", wanted.pk)

    def _show(self, form: ActivateForm, status: int = 200) -> HttpResponse:
        run = checks.run_of(self.registration, timezone.now())
        return self.show("activate", status, form=form, run=run, waiting=self.registration.approval)


def _why(error: Exception) -> str:
    if isinstance(error, activating.HasValues):
        return _(
            "Values of this organization are protected under the platform's keys already. Moving them to your key "
            "needs a re-encryption of all values, which this version does not offer yet."
        )
    if isinstance(error, registering.KeyTaken):
        return _("This key is registered in this portal already.")
    if isinstance(error, approvals.AlreadyRequested):
        return _("The activation is being decided already.")
    return str(error)
