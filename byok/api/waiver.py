"""The legal waiver: its text, an officer's signature, and whether there is one."""

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from byok.access import SIGN
from byok.api import inputs, outputs
from byok.api.confirming import confirm
from byok.api.permissions import KeyApiView
from byok.selectors import waivers
from byok.services import waiving
from byok.waivers import STATEMENTS, waiver


class WaiverView(KeyApiView):
    """`/legal-waiver`: the current text."""

    def get(self, _request: Request) -> Response:
        """Show it."""
        return Response(outputs.waiver(waiver()))


class AcknowledgeView(KeyApiView):
    """`/legal-waiver/acknowledge`: an officer signs."""

    writers = SIGN

    def post(self, request: Request) -> Response:
        """Sign the current text."""
        said = inputs.AcknowledgeInput(data=request.data)
        said.is_valid(raise_exception=True)
        confirm(request, self.access, said.validated_data["password"])
        current = waiver()
        if said.validated_data.get("version", current.version) != current.version:
            raise waiving.Outdated
        signed = waiving.acknowledge(
            **self.who(),
            sha256=current.sha256,
            statements=[name for name in STATEMENTS if said.validated_data[name]],
            typed_name=self.access.person.display_name,
        )
        return Response(outputs.acknowledgement(signed), status=status.HTTP_201_CREATED)


class StatusView(KeyApiView):
    """`/legal-waiver/status`: whether the current text is signed."""

    def get(self, _request: Request) -> Response:
        """Say so, with the version that was signed last."""
        organization_id = self.access.organization.pk
        newest = waivers.newest_acknowledgement(organization_id)
        return Response(
            {
                "acknowledged": waivers.current_acknowledgement(organization_id) is not None,
                "version": newest.version if newest else None,
                "current_version": waiver().version,
            }
        )
