"""Bring one's own material: a key that its owner made elsewhere, imported into a key store, where it cannot be read.

The store makes or has an RSA wrapping key; the owner wraps theirs under it with openssl or their HSM; the store unwraps
inside. Nobody here ever has the key. A check value tells its owner that the store holds theirs and no other.
Spec: docs/spec/providers.md §7.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from cryptography.hazmat.primitives import serialization

from ascend.envelope.suites import AES_256_KEY_BYTES
from ascend.providers import registry
from ascend.providers.contract import Operator, ProviderError

RSA_BITS: Final = 4096
RSA_BYTES: Final = RSA_BITS // 8
KWP_BYTES: Final = AES_256_KEY_BYTES + 8
BLOCK_BYTES: Final = 16
# Three bytes, as HSMs show, can be met by trying 2^24 keys: too few against somebody who replaces the key on its way.
CHECK_BYTES: Final = 8
CEREMONY: Final = timedelta(hours=24)


class Wrapping(StrEnum):
    """How the owner wraps their key under the wrapping key. The names are AWS KMS's."""

    OAEP = "RSAES_OAEP_SHA_256"
    RSA_AES = "RSA_AES_KEY_WRAP_SHA_256"
    OAEP_SHA1 = "RSAES_OAEP_SHA_1"
    """For SoftHSM in tests, which knows no other hash."""

    RSA_AES_SHA1 = "RSA_AES_KEY_WRAP_SHA_1"
    """For SoftHSM in tests, which knows no other hash."""

    @property
    def is_two_step(self) -> bool:
        """Return whether a fresh AES key wraps the owner's, and RSA that one."""
        return self in {Wrapping.RSA_AES, Wrapping.RSA_AES_SHA1}

    @property
    def digest(self) -> str:
        """Return openssl's name of the hash."""
        return "sha1" if self in {Wrapping.OAEP_SHA1, Wrapping.RSA_AES_SHA1} else "sha256"

    @property
    def wrapped_bytes(self) -> int:
        """Return how long the wrapped file of a 256-bit key is."""
        return RSA_BYTES + (KWP_BYTES if self.is_two_step else 0)


class Check(StrEnum):
    """What a store can say of a key that it holds, for its owner to compare."""

    CMAC = "cmac"
    """AES-CMAC of 16 zero bytes (ANSI X9.24-1), its first 8 bytes: the owner knows it, and gives it along."""

    BLOCK = "block"
    """AES of a block that the store chose, its first 8 bytes: the owner computes it after the import."""

    FILE = "file"
    """SHA-256 of the wrapped file: the store says nothing of the key, so what is compared is what it was given."""


class ImportRefused(ProviderError):
    """What was brought is not taken, and nothing has changed. `code` tells the refusals apart."""

    def __init__(self, code: str, cause: str, fix: str) -> None:
        super().__init__(cause, fix)
        self.code = code


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the owner wraps under. `public_key` is DER SubjectPublicKeyInfo; `token` names it for the store."""

    wrapping: Wrapping
    public_key: bytes
    token: bytes = field(repr=False)
    expires_at: datetime

    @property
    def pem(self) -> str:
        """Return the public key as the file that the owner downloads."""
        key = serialization.load_der_public_key(self.public_key)
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return key.public_bytes(serialization.Encoding.PEM, form).decode()


@dataclass(frozen=True, slots=True)
class CheckValue:
    """What the store says of the key. `block` is what was encrypted, empty for a file's hash."""

    kind: Check
    value: bytes
    block: bytes = b""

    def is_met_by(self, told: bytes) -> bool:
        """Return whether the owner got the same."""
        return hmac.compare_digest(self.value, told)


@dataclass(frozen=True, slots=True)
class Imported:
    """Material that is in the store now."""

    material_id: str
    check: CheckValue


@runtime_checkable
class KeyImporter(Protocol):
    """The imports of one kind of key store. Every method may raise a `ProviderError`."""

    @property
    def check(self) -> Check:
        """What this store can say of a key."""

    @property
    def wrappings(self) -> tuple[Wrapping, ...]:
        """The ways to wrap that it takes, the best first."""

    def parameters(self, uri: str, wrapping: Wrapping, *, now: datetime) -> Parameters:
        """Return a wrapping key for the key named `uri`, which must not have material yet."""

    def take(
        self, uri: str, parameters: Parameters, wrapped: bytes, *, told: bytes, expires_at: datetime | None
    ) -> Imported:
        """Import `wrapped`. `told` is the owner's check value where it can be known before, else empty.

        Raises:
            ImportRefused: it does not open, is another size or has another check value; nothing was imported.
        """

    def discard(self, uri: str, parameters: Parameters) -> None:
        """Forget the wrapping key, where the store made one for this ceremony."""


def importer_for(uri: str) -> KeyImporter:
    """Return what imports into the key store of `uri`.

    Raises:
        Operator: no provider serves it, or it takes no material from outside.
    """
    importer = getattr(registry.provider_for(uri), "importer", None)
    if not isinstance(importer, KeyImporter):
        raise Operator(
            "This key store takes no imported keys.",
            "Use an HSM, OpenBao or Vault, or AWS KMS in the portal's account.",
        )
    return importer


def require_fit(parameters: Parameters, wrapped: bytes, *, now: datetime) -> None:
    """Return if `wrapped` can be what the owner was asked for (PV-72).

    Raises:
        ImportRefused: the wrapping key's time is over, or the file has another size.
    """
    if now >= parameters.expires_at:
        raise ImportRefused("expired", "The wrapping key's time is over.", "Begin again: a new wrapping key is made.")
    expected = parameters.wrapping.wrapped_bytes
    if len(wrapped) != expected:
        raise ImportRefused(
            "wrong-size",
            f"The file has {len(wrapped)} bytes and not {expected}.",
            "Wrap exactly 32 bytes with the lines of this page.",
        )


def file_check(wrapped: bytes, told: bytes) -> CheckValue:
    """Return the check value of a store that says nothing of its keys.

    Raises:
        ImportRefused: the owner told another one.
    """
    check = CheckValue(Check.FILE, hashlib.sha256(wrapped).digest())
    if not check.is_met_by(told):
        raise wrong_check_value()
    return check


def does_not_open() -> ImportRefused:
    """Return that the file was not wrapped under this ceremony's wrapping key, or was damaged."""
    return ImportRefused(
        "wrong-key",
        "The file does not open under the wrapping key of this ceremony.",
        "Download wrapping-key.pem again and wrap the key with the lines of this page.",
    )


def wrong_key_size() -> ImportRefused:
    """Return that the file opens and holds no AES-256 key."""
    return ImportRefused("wrong-size", "The file opens, but its key has not 32 bytes.", "Bring an AES key of 256 bits.")


def wrong_check_value() -> ImportRefused:
    """Return that the owner's check value is another."""
    return ImportRefused(
        "wrong-check-value",
        "The check value that you gave is not that of what arrived.",
        "Compute it with the line of this page. If it stays different, somebody replaced the key on its way.",
    )


def exists(name: str) -> ImportRefused:
    """Return that there is such a key already; material is never replaced in silence."""
    return ImportRefused("exists", f'The key store has a key "{name}" already.', "Give the imported key another name.")
