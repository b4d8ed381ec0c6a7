"""What is stored of a proxy's answer: 01 ‖ n ‖ metadata ‖ m ‖ IV ‖ tag (16) ‖ ciphertext (32). Spec: providers §4."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ascend.envelope.suites import AES_256_KEY_BYTES, GCM_TAG_BYTES
from ascend.providers.contract import Integrity, Transient

FORM: Final = 1
METADATA_BYTES_MAX: Final = 20
IV_BYTES: Final = (12, 16)
STRANGE: Final = "Look at the proxy and at what stands between it and us."


@dataclass(frozen=True, slots=True)
class Box:
    """A ciphertext with what its decryption needs besides the context."""

    metadata: bytes
    iv: bytes
    tag: bytes
    ciphertext: bytes

    @property
    def octets(self) -> bytes:
        """Return what is stored."""
        metadata, iv = _counted(self.metadata), _counted(self.iv)
        return bytes([FORM]) + metadata + iv + self.tag + self.ciphertext

    @property
    def fields(self) -> dict[str, str]:
        """Return the fields of a request to decrypt."""
        named = {"ciphertext": self.ciphertext, "initializationVector": self.iv, "authenticationTag": self.tag}
        named |= {"ciphertextMetadata": self.metadata} if self.metadata else {}
        return {name: base64.b64encode(value).decode() for name, value in named.items()}

    @property
    def fits(self) -> bool:
        """Return whether each part has a size that the API allows for a key."""
        sizes = len(self.tag) == GCM_TAG_BYTES and len(self.ciphertext) == AES_256_KEY_BYTES
        return sizes and len(self.iv) in IV_BYTES and len(self.metadata) <= METADATA_BYTES_MAX

    def integrity_value(self, aad: bytes) -> bytes:
        """Return the ciphertext data integrity value of the API."""
        return hashlib.sha256(aad + self.metadata + self.iv + self.ciphertext + self.tag).digest()


def of_octets(octets: bytes) -> Box:
    """Return what was stored.

    Raises:
        Integrity: the bytes are not of this form.
    """
    octets = bytes(octets)
    metadata, rest = _take(octets[1:])
    iv, rest = _take(rest)
    box = Box(metadata, iv, rest[:GCM_TAG_BYTES], rest[GCM_TAG_BYTES:])
    if octets[:1] != bytes([FORM]) or not box.fits:
        raise Integrity("This wrapped key is damaged: its form is not ours.", "Restore the row from a backup.")
    return box


def of_answer(said: Mapping[str, Any], aad: bytes) -> Box:
    """Return the ciphertext of a proxy's answer, with its integrity value checked (PV-32).

    Raises:
        Transient: it is not what the API has, or was changed on its way.
    """
    names = ("ciphertextMetadata", "initializationVector", "authenticationTag", "ciphertext")
    box = Box(*(octets_of(said, name, is_optional=name == names[0]) for name in names))
    value = octets_of(said, "ciphertextDataIntegrityValue")
    if not box.fits or not hmac.compare_digest(value, box.integrity_value(aad)):
        raise Transient("The proxy's answer was changed on its way, or is not one of the API.", STRANGE)
    return box


def octets_of(said: Mapping[str, Any], name: str, *, is_optional: bool = False) -> bytes:
    """Return a field of an answer.

    Raises:
        Transient: it is missing or no base64.
    """
    value = said.get(name, "" if is_optional else None)
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else _missing(name)
    except binascii.Error:
        return _missing(name)


def _missing(name: str) -> bytes:
    raise Transient(f'The proxy\'s answer has no "{name}".', STRANGE)


def _counted(octets: bytes) -> bytes:
    return bytes([len(octets)]) + octets


def _take(octets: bytes) -> tuple[bytes, bytes]:
    length = octets[0] if octets else 0
    return octets[1 : 1 + length], octets[1 + length :]
