"""Keys from keys: HKDF-SHA-256 (RFC 5869)."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ascend.envelope.keys import SecretKey
from ascend.envelope.suites import AES_256_KEY_BYTES


def hkdf_sha256(material: bytes, *, salt: bytes | None, info: bytes, length: int) -> bytes:
    """Return `length` bytes derived from `material`; no salt is a salt of zeros (RFC 5869, 2.2).

    Raises:
        ValueError: more than 255 * 32 bytes were asked for.
    """
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)


def derive_key(root: SecretKey, *, info: bytes, salt: bytes | None = None) -> SecretKey:
    """Return the key that `root` has for the purpose `info`."""
    return SecretKey(hkdf_sha256(root.material, salt=salt, info=info, length=AES_256_KEY_BYTES))
