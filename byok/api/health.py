"""How the key is, for a program that watches it."""

from dataclasses import asdict

from rest_framework.request import Request
from rest_framework.response import Response

from byok.api.permissions import KeyApiView
from byok.selectors import health


class HealthView(KeyApiView):
    """`/health`: read from what processes and the prober wrote; asking costs no call to the key service."""

    def get(self, _request: Request) -> Response:
        """Show it."""
        found = health.health(self.access.organization.pk, self.who()["now"])
        return Response({**asdict(found), "cmk_accessible": found.cmk_accessible})
