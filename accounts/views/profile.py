"""A person's own page, and which organization they work for."""

import contextlib
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import SignedInMixin
from accounts.forms.profile import ProfileForm
from accounts.middleware import remember_organization
from accounts.services import profile


class ProfileView(SignedInMixin):
    """Time zone and language."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what is set."""
        person = self.access.person
        return self._show(ProfileForm(initial={"time_zone": person.time_zone, "language": person.language}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep it."""
        form = ProfileForm(request.POST)
        if not form.is_valid():
            return self._show(form)
        profile.change_profile(
            person_id=self.access.person.pk,
            organization_id=self.access.organization.pk,
            time_zone=form.cleaned_data["time_zone"],
            language=form.cleaned_data["language"],
            now=timezone.now(),
        )
        messages.success(request, _("Your profile was saved."))
        return redirect("profile")

    def _show(self, form: ProfileForm) -> HttpResponse:
        return render(self.request, "accounts/profile.html", {"form": form, "access": self.access})


class SwitchOrganizationView(SignedInMixin):
    """Work for another of the person's organizations."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Switch. An organization that the person is no member of does not exist for them."""
        wanted: UUID | None = None
        with contextlib.suppress(ValueError):
            wanted = UUID(request.POST.get("organization", ""))
        if wanted not in {organization.pk for organization in self.access.organizations} or wanted is None:
            raise Http404
        profile.record_switch(person_id=self.access.person.pk, organization_id=wanted, now=timezone.now())
        remember_organization(request, wanted)
        return redirect("overview")
