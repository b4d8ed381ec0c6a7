"""What a provider of master keys (L1) must do, and the errors that it may raise.

An error's type says what the caller does next; its vendor's own code stays in `cause`.
Spec: docs/spec/keychain.md §2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ascend.envelope.keys import SecretKey

ORGANIZATION = "ascend:organization"
DEPLOYMENT = "ascend:deployment"
ENVIRONMENT = "ascend:environment"
KEY = "ascend:key"
LEVEL = "ascend:level"
PURPOSE = "ascend:purpose"
REQUIRED_CONTEXT = (ORGANIZATION, DEPLOYMENT, ENVIRONMENT, KEY, LEVEL, PURPOSE)


class ProviderError(Exception):
    """Root of what a provider raises. `cause` and `fix` are sentences for the person who will act.

    `finding` is the provider's own short name of what it found, where it has one.
    """

    finding = ""

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(f"{cause} {fix}")
        self.cause = cause
        self.fix = fix


class Denied(ProviderError):
    """The owner refuses: disabled, deleted, access denied. Suspend the organization at once.

    `gone` says that the key itself no longer exists, so that asking again is seldom worth it.
    """

    def __init__(self, cause: str, fix: str, *, gone: bool = False) -> None:
        super().__init__(cause, fix)
        self.gone = gone


class Transient(ProviderError):
    """No answer for now: time-out, throttling, lost connection. The lease runs to its end."""

    def __init__(self, cause: str, fix: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(cause, fix)
        self.retry_after_seconds = retry_after_seconds


class Integrity(ProviderError):
    """The key works, these bytes do not: damaged, moved from another row, or of another key."""


class Operator(ProviderError):
    """Our own side is set up wrongly; nothing is said about the owner's will."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key under a master key, as the provider returned it.

    `material_id` names the generation of the master key's material; `request_id` is the
    provider's own number of the call, for the comparison with the owner's log.
    """

    ciphertext: bytes
    material_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Generated:
    """A new key and its wrapped form."""

    key: SecretKey
    wrapped: Wrapped


@dataclass(frozen=True, slots=True)
class Description:
    """What a master key says of itself. Metadata only: never proof that it may be used."""

    uri: str
    material_id: str
    enabled: bool
    detail: str


class KeyProvider(Protocol):
    """An adapter to one kind of key store. Every method may take seconds and may raise a `ProviderError`."""

    @property
    def scheme(self) -> str:
        """The part of a provider URI before the colon."""

    @property
    def binds_context(self) -> bool:
        """Whether the context is authenticated data of each wrap. A provider without is refused."""

    def provision(self, uri: str) -> None:
        """Make the master key if there is none and the provider makes its own; otherwise do nothing."""

    def wrap(self, uri: str, key: SecretKey, context: Mapping[str, str]) -> Wrapped:
        """Wrap `key` under the master key, bound to `context`."""

    def unwrap(self, uri: str, ciphertext: bytes, context: Mapping[str, str]) -> SecretKey:
        """Return the key; the context must be identical to that of the wrap."""

    def generate(self, uri: str, context: Mapping[str, str]) -> Generated:
        """Make a new 256-bit key and return it with its wrapped form."""

    def describe(self, uri: str) -> Description:
        """Return the master key's metadata."""


def require_context(context: Mapping[str, str]) -> None:
    """Refuse a context that lacks one of the required entries: an empty AAD binds nothing."""
    missing = [name for name in REQUIRED_CONTEXT if not context.get(name)]
    if missing:
        raise Operator(f"The encryption context lacks {', '.join(missing)}.", "This is a programming error: report it.")
