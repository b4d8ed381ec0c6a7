"""The portal's own sign-in, as the API takes it: the session, with the CSRF token for whatever changes something."""

from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class PortalSession(SessionAuthentication):
    """The session of the pages. A caller without one is told 401, which the framework's own class cannot."""

    def authenticate_header(self, request: HttpRequest | Request) -> str:  # noqa: ARG002  (the framework's signature)
        """Return what stands in `WWW-Authenticate`."""
        return 'Session realm="portal"'
