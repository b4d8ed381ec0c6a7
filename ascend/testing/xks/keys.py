"""A key behind the proxy, and its cryptography: AES-256-GCM, context and metadata authenticated together."""

import base64
import hashlib
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ascend.testing.xks.refusals import Refusal

TAG_BYTES = 16
IV_BYTES = 12


@dataclass(slots=True)
class ProxyKey:
    """What the customer holds. `status` is ENABLED or DISABLED; `is_denied` refuses us and nobody else."""

    material: bytes = field(default_factory=lambda: os.urandom(32), repr=False)
    status: str = "ENABLED"
    usage: tuple[str, ...] = ("ENCRYPT", "DECRYPT")
    spec: str = "AES_256"
    metadata: bytes = b"\x01"
    is_denied: bool = False

    def encrypt(self, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes, bytes]:
        """Return IV, ciphertext and tag."""
        iv = os.urandom(IV_BYTES)
        sealed = AESGCM(self.material).encrypt(iv, plaintext, authenticated(aad, self.metadata))
        return iv, sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]

    def decrypt(self, iv: bytes, ciphertext: bytes, tag: bytes, aad: bytes, metadata: bytes) -> bytes:
        """Return the plaintext.

        Raises:
            Refusal: the tag does not fit.
        """
        try:
            return AESGCM(self.material).decrypt(iv, ciphertext + tag, authenticated(aad, metadata))
        except InvalidTag as error:
            raise Refusal("InvalidCiphertextException") from error


def authenticated(aad: bytes, metadata: bytes) -> bytes:
    """Return what GCM authenticates. The lengths keep bytes from moving between the two."""
    return len(aad).to_bytes(2, "big") + aad + len(metadata).to_bytes(1, "big") + metadata


def integrity_value(aad: bytes, metadata: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> str:
    """Return the ciphertext data integrity value: SHA-256 over all of them, without lengths, in base64."""
    return base64.b64encode(hashlib.sha256(aad + metadata + iv + ciphertext + tag).digest()).decode()
