"""A key under a key: how levels 2 to 4 of the keychain are stored (spec: envelope §5)."""

from os import urandom
from typing import Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ascend.envelope.context import AssociatedData
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SecretKey, SivKey
from ascend.envelope.suites import GCM_NONCE_BYTES, GCM_TAG_BYTES, Suite

_VERSION: Final = Suite.AES_256_GCM.to_bytes(1, "big")
_BODY: Final = len(_VERSION) + GCM_NONCE_BYTES
WRAPPED_KEY_BYTES: Final = _BODY + SecretKey.KEY_BYTES + GCM_TAG_BYTES
WRAPPED_SIV_KEY_BYTES: Final = _BODY + SivKey.KEY_BYTES + GCM_TAG_BYTES
_Key = TypeVar("_Key", SecretKey, SivKey)


def wrap_key(*, kek: SecretKey, key: SecretKey | SivKey, context: AssociatedData) -> bytes:
    """Return `key` encrypted under `kek` and bound to `context`: 61 bytes, of a `SivKey` 93 (WRAP-3, WRAP-7)."""
    return wrap_key_with(urandom(GCM_NONCE_BYTES), kek=kek, key=key, context=context)


def wrap_key_with(nonce: bytes, *, kek: SecretKey, key: SecretKey | SivKey, context: AssociatedData) -> bytes:
    """Return `wrap_key`'s bytes for a given nonce of 12 bytes: for golden files, never for new wraps.

    Raises:
        ValueError: the nonce is not 12 bytes.
    """
    if len(nonce) != GCM_NONCE_BYTES:
        raise ValueError(f"a key is wrapped with a nonce of {GCM_NONCE_BYTES} bytes")
    return _VERSION + nonce + AESGCM(kek.material).encrypt(nonce, key.material, context.to_aad())


def unwrap_key(*, kek: SecretKey, wrapped: bytes, context: AssociatedData) -> SecretKey:
    """Return the key that `wrap_key` wrapped under the same `kek` and `context`.

    Raises:
        DecryptionFailed: whatever is wrong (WRAP-4).
    """
    return _unwrap(SecretKey, kek, wrapped, context)


def unwrap_siv_key(*, kek: SecretKey, wrapped: bytes, context: AssociatedData) -> SivKey:
    """Return the key of suite 02 that `wrap_key` wrapped under the same `kek` and `context` (WRAP-7).

    Raises:
        DecryptionFailed: whatever is wrong, a wrapped key of 32 bytes included.
    """
    return _unwrap(SivKey, kek, wrapped, context)


def _unwrap(kind: type[_Key], kek: SecretKey, wrapped: bytes, context: AssociatedData) -> _Key:
    octets = bytes(wrapped)
    if len(octets) != _BODY + kind.KEY_BYTES + GCM_TAG_BYTES or not octets.startswith(_VERSION):
        raise DecryptionFailed
    try:
        material = AESGCM(kek.material).decrypt(octets[len(_VERSION) : _BODY], octets[_BODY:], context.to_aad())
    except InvalidTag:
        raise DecryptionFailed from None
    return kind(material)
