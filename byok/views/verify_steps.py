"""Step 3: live checks of the key, and the proof that its owner is here."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from ascend.providers.contract import ProviderError
from byok.forms.registration import ProofForm
from byok.selectors import checks, grants
from byok.services import checking, proving, registering
from byok.views.onboarding import StepView


class VerifyStepView(StepView):
    """Step 3: live checks, and the proof of control."""

    slug = "verify"

    def get(self, _request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Show the ladder as it stands."""
        return self.find() or self._show(ProofForm())

    def post(self, request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Start the checks, or take the proof."""
        elsewhere = self.find()
        if elsewhere is not None:
            return elsewhere
        self.require_editor()
        try:
            return self._prove(request) if "ciphertext" in request.POST else self._check()
        except registering.WrongStep:
            return self.was_overtaken()

    def _check(self) -> HttpResponse:
        try:
            checking.start_checks(**self.ids())
        except checking.AlreadyRunning:
            messages.info(self.request, _("The checks are running."))
        return redirect("byok:onboarding_verify", self.registration.pk)

    def _prove(self, request: HttpRequest) -> HttpResponse:
        form = ProofForm(request.POST)
        if not form.is_valid():
            return self._show(form, status=422)
        try:
            proving.prove(**self.ids(), ciphertext=form.cleaned_data["ciphertext"])
        except (proving.ProofRefused, ProviderError) as error:
            form.add_error("ciphertext", f"{error.cause} {error.fix}")
            return self._show(form, status=422)
        messages.success(request, _("You have proved that you control the key."))
        return self.go_on()

    def _show(self, form: ProofForm, status: int = 200) -> HttpResponse:
        command = grants.proof_command(self.registration)
        return self.show(
            "verify", status, form=form, command=command, run=checks.run_of(self.registration, timezone.now())
        )


class ChecksView(StepView):
    """The ladder alone, for the page that asks again by itself."""

    slug = "verify"

    def get(self, request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Show it."""
        elsewhere = self.find()
        if elsewhere is not None:
            return elsewhere
        run = checks.run_of(self.registration, timezone.now())
        context = {"registration": self.registration, "run": run, "may_edit": self.may_edit}
        return render(request, "byok/onboarding/partials/checks.html", context)
