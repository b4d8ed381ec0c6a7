"""The set-up page: there while no organization exists."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.confirmation import client_address
from accounts.forms.set_up import NewcomersFormSet, OrganizationForm, newcomers_formset
from accounts.services import set_up, throttle
from accounts.views.sign_in import NotCachedMixin

THROTTLE_NAME = "set-up"


class SetUpView(NotCachedMixin):
    """Make the organization and its first people, and show their one-time sign-ins, once."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Be gone as soon as an organization exists."""
        if not set_up.is_needed():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        return self._show(OrganizationForm(), newcomers_formset())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Set up, or say what is wrong. The answer holds the sign-ins: it is no redirect on purpose."""
        form, people = OrganizationForm(request.POST), newcomers_formset(request.POST)
        if not (form.is_valid() and people.is_valid()):
            return self._show(form, people, status=200)
        try:
            invitations = self._set_up(form, people)
        except set_up.SetUpRefused:
            form.add_error(
                "token", _("This is not the token, or it was used. The terminal shows a new one at each start.")
            )
            return self._show(form, people, status=200)
        except throttle.TooManyAttempts as error:
            form.add_error(None, _("Too many attempts. Wait a quarter of an hour."))
            response = self._show(form, people, status=429)
            response["Retry-After"] = str(error.retry_after)
            return response
        return render(request, "accounts/set_up_done.html", {"invitations": invitations, "draft": form.draft()})

    def _set_up(self, form: OrganizationForm, people: NewcomersFormSet) -> list[set_up.Invitation]:
        now, address = timezone.now(), client_address(self.request)
        throttle.reserve(email=THROTTLE_NAME, address=address, now=now)
        return set_up.set_up(
            token=form.cleaned_data["token"].strip(),
            draft=form.draft(),
            newcomers=[row.newcomer() for row in people.filled()],
            now=now,
        )

    def _show(self, form: OrganizationForm, people: NewcomersFormSet, *, status: int = 200) -> HttpResponse:
        return render(self.request, "accounts/set_up.html", {"form": form, "people": people}, status=status)
