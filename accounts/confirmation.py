"""The password, asked again by a form, for what must not be done on a screen that was left unlocked."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.forms.sign_in import ConfirmedForm
from accounts.services import sign_in, throttle


def client_address(request: HttpRequest) -> str:
    """Return the client's address, which the portal's first middleware made trustworthy."""
    return str(request.META.get("REMOTE_ADDR", ""))


def is_confirmed(form: ConfirmedForm, request: HttpRequest, access: Access) -> bool:
    """Return whether the password in a valid form is the person's; if not, the form says so."""
    try:
        sign_in.confirm(
            person=access.person,
            password=form.cleaned_data["password"],
            organization_id=access.organization.pk,
            address=client_address(request),
            now=timezone.now(),
        )
    except sign_in.ConfirmationRefused:
        form.add_error("password", _("This is not your password."))
        return False
    except throttle.TooManyAttempts:
        form.add_error("password", _("Too many attempts. Wait a quarter of an hour."))
        return False
    return True
