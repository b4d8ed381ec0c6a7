"""The log of keys, for programs."""

from typing import Any, Final
from urllib.parse import urlencode

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actor import Actor
from audit.services import reading
from byok.api import inputs, outputs
from byok.api.permissions import KeyApiView

WINGS: Final = ("byok", "keychain")


class LogView(KeyApiView):
    """`/audit`: what happened to the organization's keys, newest first."""

    def get(self, request: Request) -> Response:
        """Show a page; reading is itself in the log."""
        said = inputs.AuditInput(data=request.query_params.dict())
        said.is_valid(raise_exception=True)
        wanted: dict[str, Any] = said.validated_data
        page = reading.read_wings(
            organization_id=self.access.organization.pk,
            reader=Actor.person(self.access.person.pk),
            wings=WINGS,
            limit=wanted["limit"],
            before=wanted.get("before"),
            now=timezone.now(),
        )
        older = urlencode({"limit": wanted["limit"], "before": page.older_than})
        following = f"{request.path}?{older}" if page.older_than else None
        return Response({"results": [outputs.event(row) for row in page.rows], "next": following})
