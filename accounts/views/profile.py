"""A person's own page, and which organization they work for."""

import contextlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import FormView

from accounts.access import SignedInMixin
from accounts.forms.profile import ProfileForm
from accounts.middleware import remember_organization
from accounts.services import profile


class ProfileView(SignedInMixin, FormView[ProfileForm]):
    """Time zone and language."""

    form_class = ProfileForm
    template_name = "accounts/profile.html"
    success_url = reverse_lazy("profile")

    def get_initial(self) -> dict[str, Any]:
        """Show what is set."""
        return {"time_zone": self.access.person.time_zone, "language": self.access.person.language}

    def form_valid(self, form: ProfileForm) -> HttpResponse:
        """Keep it."""
        profile.change_profile(
            person_id=self.access.person.pk,
            organization_id=self.access.organization.pk,
            time_zone=form.cleaned_data["time_zone"],
            language=form.cleaned_data["language"],
            now=timezone.now(),
        )
        messages.success(self.request, _("Your profile was saved."))
        return super().form_valid(form)


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
