"""A move that the key stores have answered and that is not written yet, as an approval's effect carries it: text."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ascend.keychain import moving
from ascend.keychain.models import Key
from ascend.keychain.moving import Adoption, Rewrapped
from ascend.providers.contract import Wrapped

Move = Mapping[str, str]
FIRST_OWN, SUCCESSOR = "first_own", "successor"


def prepare(*, organization_id: UUID, provider_uri: str, is_successor: bool, now: datetime) -> Move:
    """Ask the key stores for everything that the move needs.

    Raises:
        ProviderError: one of them refused or could not answer.
        DecryptionFailed: a tenant key is not the one that its row was made for.
    """
    if is_successor:
        rewrapped = moving.prepare_rewrap(organization_id=organization_id, provider_uri=provider_uri)
        return {"move": SUCCESSOR, "keys": json.dumps([_of_rewrapped(each) for each in rewrapped])}
    adoption = moving.prepare_adoption(organization_id=organization_id, provider_uri=provider_uri, now=now)
    return {"move": FIRST_OWN, **_of_adoption(adoption)}


def write(move: Move, *, organization_id: UUID, provider_uri: str, now: datetime) -> Key:
    """Write a prepared move, in the caller's transaction, and return the new master key.

    Raises:
        KeyInUse: values or keys were made meanwhile; nothing is written.
        KeyTampered: a row is not as this deployment wrote it.
    """
    if move["move"] == FIRST_OWN:
        return moving.adopt(_adoption(move, organization_id, provider_uri, now), now=now)
    return moving.succeed_master(
        organization_id=organization_id, provider_uri=provider_uri, rewrapped=_rewrapped(move), now=now
    )


def _of_adoption(adoption: Adoption) -> Move:
    tenant = adoption.tenant
    return {
        "tenant_id": str(tenant.id),
        "check_value": _text(bytes(tenant.check_value or b"")),
        **_of_wrapped(Wrapped(bytes(tenant.wrapped or b""), tenant.material_id, tenant.provider_request_id)),
    }


def _adoption(move: Move, organization_id: UUID, provider_uri: str, now: datetime) -> Adoption:
    adoption = moving.draft_adoption(organization_id, provider_uri, now, tenant_id=UUID(move["tenant_id"]))
    moving.put_wrap(adoption.tenant, _wrapped(move))
    adoption.tenant.check_value = b64decode(move["check_value"])
    return adoption


def _of_rewrapped(each: Rewrapped) -> dict[str, str | int]:
    return {"key_id": str(each.key_id), "state_version": each.state_version, **_of_wrapped(each.wrapped)}


def _rewrapped(move: Move) -> Sequence[Rewrapped]:
    return [Rewrapped(UUID(key["key_id"]), key["state_version"], _wrapped(key)) for key in json.loads(move["keys"])]


def _of_wrapped(wrapped: Wrapped) -> dict[str, str]:
    return {
        "ciphertext": _text(wrapped.ciphertext),
        "material_id": wrapped.material_id,
        "request_id": wrapped.request_id,
    }


def _wrapped(said: Mapping[str, str]) -> Wrapped:
    return Wrapped(b64decode(said["ciphertext"]), said["material_id"], said["request_id"])


def _text(octets: bytes) -> str:
    return b64encode(octets).decode()
