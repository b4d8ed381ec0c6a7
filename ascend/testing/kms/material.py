"""Key material and what is encrypted under it."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ascend.testing.kms.refusals import Refusal

MATERIAL_BYTES = 32
VERSION = b"\x01\x02"
KEY_TAG_BYTES, MATERIAL_TAG_BYTES, NONCE_BYTES = 16, 8, 12
HEAD_BYTES = len(VERSION) + KEY_TAG_BYTES + MATERIAL_TAG_BYTES + NONCE_BYTES


@dataclass
class Material:
    """One generation of a key's material. `value` is None after its deletion or expiry."""

    id: str
    value: bytes | None = field(repr=False)
    valid_to: float | None = None
    is_pending: bool = False
    description: str = ""

    @classmethod
    def generated(cls) -> "Material":
        """Return material that KMS made."""
        return cls(token_hex(32), os.urandom(MATERIAL_BYTES))

    def is_usable(self, now: float) -> bool:
        """Return whether it is there and has not expired."""
        return self.value is not None and (self.valid_to is None or now < self.valid_to)


def imported_id(key_id: str, value: bytes) -> str:
    """Return the id of imported material: the same for the same bytes in the same key."""
    return hashlib.sha256(key_id.encode() + value).hexdigest()


def key_tag(key_id: str) -> bytes:
    """Return what a ciphertext says of its key; replicas of a multi-Region key share it."""
    return hashlib.sha256(key_id.encode()).digest()[:KEY_TAG_BYTES]


def seal(key_id: str, material: Material, plaintext: bytes, context: Mapping[str, str]) -> bytes:
    """Encrypt under the material, bound to the encryption context."""
    nonce = os.urandom(NONCE_BYTES)
    head = VERSION + key_tag(key_id) + _material_tag(material) + nonce
    return head + AESGCM(material.value or b"").encrypt(nonce, plaintext, head + _aad(context))


def names_key(blob: bytes, key_id: str) -> bool:
    """Return whether a well-formed ciphertext says that it is of this key."""
    return is_well_formed(blob) and blob[len(VERSION) :][:KEY_TAG_BYTES] == key_tag(key_id)


def is_well_formed(blob: bytes) -> bool:
    """Return whether the bytes could be a ciphertext at all."""
    return len(blob) > HEAD_BYTES and blob.startswith(VERSION)


def open_sealed(materials: list[Material], blob: bytes, context: Mapping[str, str]) -> tuple[bytes, Material]:
    """Return the plaintext and the material that it was under.

    Raises:
        Refusal: InvalidCiphertextException, for everything that can be wrong with the bytes or the context.
    """
    head, tag = blob[:HEAD_BYTES], blob[len(VERSION) + KEY_TAG_BYTES :][:MATERIAL_TAG_BYTES]
    material = next((one for one in materials if _material_tag(one) == tag and one.value is not None), None)
    if material is None or material.value is None:
        raise Refusal("InvalidCiphertextException")
    try:
        aad = head + _aad(context)
        return AESGCM(material.value).decrypt(head[-NONCE_BYTES:], blob[HEAD_BYTES:], aad), material
    except InvalidTag as error:
        raise Refusal("InvalidCiphertextException") from error


def _material_tag(material: Material) -> bytes:
    return bytes.fromhex(material.id)[:MATERIAL_TAG_BYTES]


def _aad(context: Mapping[str, str]) -> bytes:
    return json.dumps(sorted(context.items())).encode()
