"""The keychain of one's own organization, and the change of its lease length."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.access import RoleRequiredMixin
from accounts.confirmation import is_confirmed
from accounts.roles import Role
from accounts.services import approvals
from ascend.keychain import selectors as keychain
from byok import access
from byok.forms.lease import LeaseForm
from byok.selectors import keys as selectors
from byok.services import lease_change


class KeysView(RoleRequiredMixin):
    """All four levels, and who holds leases."""

    roles = access.VIEWERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        page = selectors.keys_page(self.access.organization.pk, timezone.now())
        return render(
            request,
            "byok/keys.html",
            {"page": page, "may_act": self.access.has(Role.KEY_ADMIN), "imports": self.access.has(*access.IMPORT)},
        )


class LeasesView(RoleRequiredMixin):
    """The leases alone, for the page that asks again by itself."""

    roles = access.VIEWERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        return render(request, "byok/partials/leases.html", {"leases": keychain.leases(self.access.organization.pk)})


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class LeaseChangeView(RoleRequiredMixin):
    """Ask for another lease length."""

    roles = frozenset({Role.KEY_ADMIN})

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show the form with the length in force."""
        current = keychain.keychain(self.access.organization.pk).lease_seconds
        return self._show(LeaseForm(initial={"seconds": current}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open an approval request."""
        form = LeaseForm(request.POST)
        if not (form.is_valid() and is_confirmed(form, request, self.access)):
            return self._show(form)
        try:
            wanted = lease_change.request_lease_change(
                organization_id=self.access.organization.pk,
                requester_id=self.access.person.pk,
                seconds=form.cleaned_data["seconds"],
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except approvals.AlreadyRequested:
            form.add_error(None, _("Another lease length is being decided. Wait for that, or have it rejected."))
            return self._show(form)
        messages.success(request, _("Your request waits for an approver."))
        return redirect("approval", wanted.pk)

    def _show(self, form: LeaseForm) -> HttpResponse:
        return render(self.request, "byok/lease.html", {"form": form})
