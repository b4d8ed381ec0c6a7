"""All keys of all accounts and Regions, and who may use which."""

import re
from collections.abc import Mapping
from typing import Any

from ascend.testing.kms.clock import Clock
from ascend.testing.kms.identities import Caller
from ascend.testing.kms.key import KmsKey
from ascend.testing.kms.policy import CONTEXT_PREFIX
from ascend.testing.kms.refusals import Refusal, invalid

ARN = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<kind>key|alias)/(?P<name>.+)")
CONTEXT_CHARACTERS = 8192


class Keys:
    """Finds keys as KMS does: by ARN anywhere, by id or alias in the caller's own account and Region."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._keys: dict[str, KmsKey] = {}
        self._aliases: dict[str, str] = {}

    def add(self, key: KmsKey) -> None:
        """Keep a new key."""
        key.family.regions.add(key.region)
        self._keys[key.arn] = key

    def add_alias(self, arn: str, target: KmsKey) -> None:
        """Give a key another name."""
        self._aliases[arn] = target.arn

    def get(self, arn: str) -> KmsKey:
        """Return a key by its ARN, for the test that made it."""
        return self._keys[arn]

    def all(self) -> list[KmsKey]:
        """Return the keys whose waiting period is not over."""
        return [key for key in self._keys.values() if not key.is_gone(self.clock.now())]

    def find(self, key_id: str, caller: Caller, region: str) -> KmsKey:
        """Return the key that a request names.

        Raises:
            Refusal: there is none, in the words for the caller: across accounts, nobody says that.
        """
        if not key_id:
            raise invalid("1 validation error detected: Value at 'keyId' failed to satisfy constraint")
        arn = self._arn_of(key_id, caller, region)
        found = ARN.fullmatch(arn)
        if found is None:
            raise Refusal("NotFoundException", f"Invalid keyId {key_id}")
        if found["region"] != region:
            raise Refusal("NotFoundException", f"Invalid arn {found['region']}")
        key = self._keys.get(self._aliases.get(arn, arn))
        if key is not None and not key.is_gone(self.clock.now()):
            self._settle(key)
            return key
        if found["account"] != caller.account:
            raise denied(caller, "use")
        raise Refusal("NotFoundException", f"Key '{arn}' does not exist")

    def _settle(self, key: KmsKey) -> None:
        """Begin the waiting period of a primary whose last replica is gone."""
        if key.set_state != "PendingReplicaDeletion" or not key.is_multi_region:
            return
        now = self.clock.now()
        if not [other for other in self.all() if other.family is key.family and other is not key]:
            key.set_state, key.deletion_at = "PendingDeletion", now + (key.pending_days or 0) * 86400

    def _arn_of(self, key_id: str, caller: Caller, region: str) -> str:
        if key_id.startswith("arn:"):
            return key_id
        kind = "" if key_id.startswith("alias/") else "key/"
        return f"arn:aws:kms:{region}:{caller.account}:{kind}{key_id}"


def authorize(caller: Caller, key: KmsKey, action: str, context: Mapping[str, str] | None = None) -> None:
    """Return if key policy and, where it must agree, the caller's own permissions allow the action.

    Raises:
        Refusal: AccessDeniedException.
    """
    decision = key.policy.decides(caller.request(f"kms:{action}", _values(context)))
    if not decision or not caller.may(f"kms:{action}"):
        raise denied(caller, action, by_statement=decision is False)


def denied(caller: Caller, action: str, *, by_statement: bool = False) -> Refusal:
    """Return KMS's refusal, which does not tell a missing key from a missing permission."""
    why = (
        "with an explicit deny in a resource-based policy"
        if by_statement
        else "because the resource does not exist in this Region, no resource-based policies allow access, "
        "or a resource-based policy explicitly denies access"
    )
    message = f"User: {caller.arn} is not authorized to perform: kms:{action} on this resource {why}"
    return Refusal("AccessDeniedException", message)


def context_of(params: Mapping[str, Any], name: str = "EncryptionContext") -> dict[str, str]:
    """Return the encryption context of a request."""
    context: dict[str, str] = params.get(name) or {}
    if sum(len(key) + len(value) for key, value in context.items()) > CONTEXT_CHARACTERS:
        raise invalid("The encryption context is too long.")
    return context


def _values(context: Mapping[str, str] | None) -> dict[str, list[str]]:
    if not context:
        return {}
    return {"kms:EncryptionContextKeys": list(context)} | {
        f"{CONTEXT_PREFIX}{name}": [value] for name, value in context.items()
    }
