"""Steps 1 and 2: which key, and how the portal gets in."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from byok import conf
from byok.forms.registration import GrantForm, KeyForm
from byok.selectors import grants
from byok.services import registering
from byok.views.onboarding import StepView


class KeyStepView(StepView):
    """Step 1: which key."""

    slug = "key"

    def get(self, _request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002 - `find` reads it
        """Show what the draft holds."""
        return self.find() or self._show(KeyForm(initial=KeyForm.initial_of(self.registration)))

    def post(self, request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Take the details."""
        elsewhere = self.find()
        if elsewhere is not None:
            return elsewhere
        self.require_editor()
        form = KeyForm(request.POST)
        if not form.is_valid():
            return self._show(form, status=422)
        try:
            registering.describe(**self.ids(), details=form.details())
        except registering.WrongStep:
            return self.was_overtaken()
        except registering.KeyTaken:
            form.add_error(
                "key_arn",
                _("This key is registered in this portal already. Each organization needs a key of its own."),
            )
            return self._show(form, status=422)
        return self.go_on()

    def _show(self, form: KeyForm, status: int = 200) -> HttpResponse:
        return self.show("key", status, form=form, create_key=grants.create_key_command())


class PolicyStepView(StepView):
    """Step 2: grant access in one's own account."""

    slug = "policy"

    def get(self, _request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Show the five files."""
        return self.find() or self._show(GrantForm(initial={"applied": self.registration.granted_at is not None}))

    def post(self, request: HttpRequest, registration_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Note that it is applied."""
        elsewhere = self.find()
        if elsewhere is not None:
            return elsewhere
        self.require_editor()
        form = GrantForm(request.POST)
        if not form.is_valid():
            return self._show(form, status=422)
        try:
            registering.confirm_grant(**self.ids())
        except registering.WrongStep:
            return self.was_overtaken()
        return self.go_on()

    def _show(self, form: GrantForm, status: int = 200) -> HttpResponse:
        renderings = grants.renderings_of(self.registration)
        return self.show(
            "policy", status, form=form, renderings=renderings, has_principal=bool(conf.portal_principal_arn())
        )


class GrantFileView(StepView):
    """One of the files of step 2, to be kept."""

    slug = "policy"

    def get(self, _request: HttpRequest, registration_id: UUID, rendering: str) -> HttpResponse:  # noqa: ARG002
        """Send it as a download."""
        elsewhere = self.find()
        if elsewhere is not None:
            return elsewhere
        found = next((each for each in grants.renderings_of(self.registration) if each.slug == rendering), None)
        if found is None:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="{found.file_name}"'}
        return HttpResponse(found.text, content_type="text/plain; charset=utf-8", headers=headers)
