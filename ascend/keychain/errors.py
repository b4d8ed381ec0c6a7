"""What the keychain raises. Each refusal names its cause and what a person can do about it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID


class KeychainError(Exception):
    """Root of the package."""


class IllegalTransition(KeychainError):
    """A key may not go from its state to the one asked for."""


class KeyInUse(KeychainError):
    """A key may not end while other keys hang on it."""


class UnknownOrganization(KeychainError):
    """The organization has no keychain yet."""


class UnknownSubject(KeychainError):
    """The organization has no key of this person."""


class NotShreddable(KeychainError):
    """Some of the person's values are not under the person's key, and would be read after it is destroyed."""


class NotYetCompleted(KeychainError):
    """A certificate is asked for that would say more than is true."""


class CertificateInvalid(KeychainError):
    """These bytes are no certificate that this deployment issued."""


class Shredded(KeychainError):
    """The key of this person was destroyed: what it sealed is read by nobody any more. Waiting does not help."""

    def __init__(self, organization_id: UUID, subject_id: UUID, destroyed_at: datetime | None) -> None:
        super().__init__(organization_id, subject_id, destroyed_at)
        self.organization_id = organization_id
        self.subject_id = subject_id
        self.destroyed_at = destroyed_at

    def __str__(self) -> str:
        when = f" on {self.destroyed_at:%Y-%m-%d %H:%M:%S %Z}" if self.destroyed_at else ""
        return f"The key of the person {self.subject_id} was destroyed{when}: the value cannot be read any more."


class KeyUnavailable(KeychainError):
    """No value of this organization can be read or written now. Nothing stands in for it.

    `retry_after_seconds` is None where waiting alone does not help.
    """

    code: ClassVar[str] = "key-unavailable"

    def __init__(self, organization_id: UUID, reason: str, fix: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(organization_id, reason, fix, retry_after_seconds)
        self.organization_id = organization_id
        self.reason = reason
        self.fix = fix
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        return f"{self.reason} {self.fix}"


class KeySuspended(KeyUnavailable):
    """The owner's key store refuses, or a person has suspended the organization's keys."""

    code = "key-suspended"


class KeyTampered(KeyUnavailable):
    """A row of the key table is not as this deployment wrote it."""

    code = "key-tampered"


class KeyDamaged(KeyUnavailable):
    """A wrapped key does not open although the key above it works."""

    code = "key-damaged"


class KeyRetired(KeyUnavailable):
    """The state of the key, or of one above it, does not allow this use."""

    code = "key-retired"
