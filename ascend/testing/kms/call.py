"""One request on its way through the server, and what the log keeps of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ascend.testing.kms import region as regions
from ascend.testing.kms.identities import Caller
from ascend.testing.kms.key import KmsKey

if TYPE_CHECKING:
    from ascend.testing.kms.world import World

Answer = dict[str, Any]


@dataclass
class Call:
    """What was asked, by whom, where, and what came of it: "ok" or an error code."""

    operation: str
    region: str
    params: Mapping[str, Any] = field(repr=False)
    caller: Caller
    request_id: str
    world: "World" = field(repr=False)
    outcome: str = "unanswered"

    @property
    def key_id(self) -> str:
        """Return the key that was named, as it was named."""
        return str(self.params.get("KeyId") or self.params.get("DestinationKeyId") or "")

    @property
    def context(self) -> dict[str, str]:
        """Return the encryption context."""
        return dict(self.params.get("EncryptionContext") or {})

    @property
    def now(self) -> float:
        """Return the server's time."""
        return self.world.clock.now()

    def key(self, name: str = "KeyId", *, action: str = "", context: Mapping[str, str] | None = None) -> KmsKey:
        """Return the key that a parameter names, if the caller may do this with it.

        Raises:
            Refusal: there is none, or the caller may not.
        """
        key = self.world.keys.find(str(self.params.get(name) or ""), self.caller, self.region)
        regions.authorize(self.caller, key, action or self.operation, context)
        return key


Operation = Callable[[Call], Answer]
