"""The password asked again, as the pages ask it: a session alone, left open somewhere, signs and activates nothing."""

from django.utils import timezone
from rest_framework.request import Request

from accounts.access import Access
from accounts.confirmation import client_address
from accounts.services import sign_in


def confirm(request: Request, access: Access, password: str) -> None:
    """Return if the password is the person's.

    Raises:
        ConfirmationRefused: it is not.
        TooManyAttempts: it was wrong too often.
    """
    sign_in.confirm(
        person=access.person,
        password=password,
        organization_id=access.organization.pk,
        address=client_address(request._request),  # noqa: SLF001  (Django's request, whose address is trustworthy)
        now=timezone.now(),
    )
