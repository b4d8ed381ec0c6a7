"""Sign in, sign out, and the one-time way in."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts import session_age
from accounts.access import access_of
from accounts.confirmation import client_address
from accounts.forms.sign_in import ChoosePasswordForm, SignInForm
from accounts.middleware import SIGNED_OUT_BY_TIME
from accounts.models import Person
from accounts.services import one_time, set_up, sign_in, throttle

BACKEND = "accounts.backends.PersonBackend"
# Pages and cookies go. The storage stays: all that the portal keeps there is the chosen theme.
CLEAR_SITE_DATA = '"cache", "cookies"'


class NotCachedMixin(View):
    """Keep a page that carries a secret, or asks for one, out of every cache and referrer."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer with the headers that say so."""
        response = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "same-origin"
        return response


def start_session(request: HttpRequest, person: Person) -> None:
    """Begin a sign-in: a new session key, and the clock of its life."""
    login(request, person, backend=BACKEND)
    session_age.start(request.session, timezone.now())


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class SignInView(NotCachedMixin):
    """E-mail and password."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form; while there is nobody who could sign in, show the way to the set-up."""
        if request.user.is_authenticated:
            return redirect(self._destination())
        if set_up.is_needed():
            return redirect("set_up")
        return self._show(SignInForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign in, or say no in the one way there is."""
        form = SignInForm(request.POST)
        if not form.is_valid():
            return self._show(form)
        try:
            start_session(request, self._authenticate(form))
        except sign_in.SignInRefused:
            form.add_error(None, _("E-mail and password do not match."))
            return self._show(form)
        except throttle.TooManyAttempts as error:
            minutes = -(-error.retry_after // 60)
            form.add_error(None, _("Too many attempts. Try again in %(minutes)s minutes.") % {"minutes": minutes})
            response = self._show(form, status=429)
            response["Retry-After"] = str(error.retry_after)
            return response
        return redirect(self._destination())

    def _authenticate(self, form: SignInForm) -> Person:
        return sign_in.authenticate(
            email=form.cleaned_data["email"],
            password=form.cleaned_data["password"],
            address=client_address(self.request),
            now=timezone.now(),
        )

    def _show(self, form: SignInForm, *, status: int = 200) -> HttpResponse:
        ended_by_time = self.request.session.pop(SIGNED_OUT_BY_TIME, False)
        context = {"form": form, "ended_by_time": ended_by_time, "next": self._next()}
        return render(self.request, "accounts/sign_in.html", context, status=status)

    def _next(self) -> str:
        wanted = self.request.POST.get("next") or self.request.GET.get("next") or ""
        safe = url_has_allowed_host_and_scheme(
            wanted, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return wanted if safe else ""

    def _destination(self) -> str:
        return self._next() or home_of(self.request)


def home_of(request: HttpRequest) -> str:
    """Return where a person starts: operators in the stock admin, members at the overview."""
    if request.user.is_staff:
        return reverse("admin:index")
    return resolve_url(settings.LOGIN_REDIRECT_URL)


class SignOutView(View):
    """End the sign-in. POST only: a link on another site must not do it."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Record it, forget the session, and have the browser forget the pages."""
        access = access_of(request)
        if isinstance(request.user, Person):
            organization_id = access.organization.pk if access else None
            sign_in.record_sign_out(person_id=request.user.pk, organization_id=organization_id, now=timezone.now())
        logout(request)
        response = redirect("sign_in")
        response["Clear-Site-Data"] = CLEAR_SITE_DATA
        response["Cache-Control"] = "no-store"
        return response


@method_decorator(sensitive_post_parameters("password", "repeated"), name="dispatch")
class OneTimeView(NotCachedMixin):
    """Choose a password with a one-time token. Looking (GET, and mail scanners) does not use it up."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Say whose it is and ask for a password."""
        try:
            person = one_time.look_up(token=token, now=timezone.now()).person
        except one_time.OneTimeRefused:
            return _one_time_refused(request)
        return self._show(person, ChoosePasswordForm(person=person))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Use the token, set the password and sign in."""
        try:
            person = one_time.look_up(token=token, now=timezone.now()).person
            form = ChoosePasswordForm(request.POST, person=person)
            if not form.is_valid():
                return self._show(person, form)
            person = one_time.use(token=token, password=form.cleaned_data["password"], now=timezone.now())
        except one_time.OneTimeRefused:
            return _one_time_refused(request)
        start_session(request, person)
        messages.success(request, _("Your password is set. From now on you sign in with it."))
        return redirect(home_of(request))

    def _show(self, person: Person, form: ChoosePasswordForm) -> HttpResponse:
        return render(self.request, "accounts/one_time.html", {"person": person, "form": form})


def _one_time_refused(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/one_time_refused.html", status=404)
