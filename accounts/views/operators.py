"""The stock admin's doors, led back to the portal's own: one sign-in, one throttle, one log."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import View


class OperatorSignInView(View):
    """Send who is not signed in to the sign-in, and refuse who is signed in as something else."""

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead on; a member who comes here must not be sent round in a circle."""
        if request.user.is_authenticated and not request.user.is_staff:
            raise PermissionDenied
        wanted = request.GET.get("next") or reverse("admin:index")
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect(f"{reverse('sign_in')}?{urlencode({'next': wanted})}")


class NoPasswordChangeView(View):
    """Be gone: a password changes with a one-time sign-in, which is throttled and recorded."""

    def dispatch(self, request: HttpRequest) -> HttpResponse:
        """Lead back to the start of the stock admin."""
        return redirect("admin:index")
