"""Register a key, have it checked, prove control, ask for its activation, give it up."""

from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from byok.api import inputs, outputs
from byok.api.confirming import confirm
from byok.api.permissions import KeyApiView
from byok.selectors import registered
from byok.services import activating, pending, proving, rotating


class KeysView(KeyApiView):
    """`/keys`: the organization's key."""

    def get(self, _request: Request) -> Response:
        """Show it."""
        return Response(outputs.keys(registered.registered(self.access.organization.pk)))

    def post(self, request: Request) -> Response:
        """Register one."""
        return self.register(inputs.KeyInput(data=request.data))

    def delete(self, _request: Request) -> Response:
        """Give the pending one up."""
        pending.withdraw(**self.who())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def register(self, said: inputs.KeyInput | inputs.ConfigureInput) -> Response:
        """Open a draft for what was said."""
        said.is_valid(raise_exception=True)
        made = pending.register(**self.who(), details=said.details())
        return Response(outputs.key(made), status=status.HTTP_201_CREATED)


class ConfigureView(KeysView):
    """`/api/byok/configure`: the older form of POST `/keys`."""

    http_method_names = ("post", "options")

    def post(self, request: Request) -> Response:
        """Register a key."""
        return self.register(inputs.ConfigureInput(data=request.data))


class VerifyView(KeyApiView):
    """`/keys/verify`: the live checks."""

    def get(self, _request: Request) -> Response:
        """Show what they found so far."""
        return self._ladder(status.HTTP_200_OK)

    def post(self, request: Request) -> Response:
        """Start them."""
        inputs.NothingInput(data=request.data).is_valid(raise_exception=True)
        pending.verify(**self.who())
        return self._ladder(status.HTTP_202_ACCEPTED)

    def _ladder(self, code: int) -> Response:
        found = registered.verification(self.access.organization.pk, self.who()["now"])
        return Response(outputs.verification(found), status=code)


class ProofView(KeyApiView):
    """`/keys/proof`: proof of control."""

    def post(self, request: Request) -> Response:
        """Take what the owner's command printed."""
        said = inputs.ProofInput(data=request.data)
        said.is_valid(raise_exception=True)
        registration = pending.find(self.access.organization.pk)
        proved = proving.prove(registration_id=registration.pk, **self.who(), **said.validated_data)
        return Response(outputs.key(proved))


class ActivateView(KeyApiView):
    """`/keys/activate`: ask another person."""

    def post(self, request: Request) -> Response:
        """Open the approval request."""
        said = inputs.ActivateInput(data=request.data)
        said.is_valid(raise_exception=True)
        confirm(request, self.access, said.validated_data["password"])
        who: dict[str, Any] = self.who()
        wanted = activating.request_activation(
            registration_id=pending.find(self.access.organization.pk).pk,
            requester_id=who.pop("person_id"),
            reason=said.validated_data["reason"],
            **who,
        )
        return Response(outputs.approval(wanted), status=status.HTTP_202_ACCEPTED)


class RotateView(KeyApiView):
    """`/keys/rotate`: new keys for new values."""

    def post(self, request: Request) -> Response:
        """Make them."""
        said = inputs.RotateInput(data=request.data)
        said.is_valid(raise_exception=True)
        kind, reason = said.validated_data["rotation_type"], said.validated_data["reason"]
        rotated = rotating.rotate(**self.who(), kind=kind, reason=reason)
        done = {"campaign": None, "rotation_type": kind, "reason": reason, "data_keys": rotated}
        return Response(done, status=status.HTTP_202_ACCEPTED)
