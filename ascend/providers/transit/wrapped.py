"""What is stored of transit's "vault:v3:BASE64": 01 ‖ version (4 bytes) ‖ octets. Spec: docs/spec/providers.md §3.

The text has several spellings of one ciphertext ("v0" opens as "v1", base64 has spare bits); the octets have one.
"""

import base64
import binascii
import re
from typing import Final

from ascend.envelope.suites import AES_256_KEY_BYTES, GCM_NONCE_BYTES, GCM_TAG_BYTES
from ascend.providers.contract import Integrity, Transient

FORM: Final = b"\x01"
VERSION_BYTES: Final = 4
HEAD_BYTES: Final = len(FORM) + VERSION_BYTES
WRAPPED_BYTES: Final = HEAD_BYTES + GCM_NONCE_BYTES + AES_256_KEY_BYTES + GCM_TAG_BYTES
TEXT: Final = re.compile(r"vault:v([1-9][0-9]{0,8}):([A-Za-z0-9+/=]+)")


def to_octets(text: str) -> bytes:
    """Return what is stored of transit's ciphertext.

    Raises:
        Transient: this is not what transit writes.
    """
    version, octets = octets_of(text)
    if HEAD_BYTES + len(octets) != WRAPPED_BYTES:
        raise _foreign()
    return FORM + version.to_bytes(VERSION_BYTES, "big") + octets


def octets_of(text: str) -> tuple[int, bytes]:
    """Return the version of transit's ciphertext, and IV, ciphertext and tag in one.

    Raises:
        Transient: this is not what transit writes.
    """
    found = TEXT.fullmatch(text)
    if found is None:
        raise _foreign()
    try:
        return int(found[1]), base64.b64decode(found[2], validate=True)
    except binascii.Error as error:
        raise _foreign() from error


def _foreign() -> Transient:
    return Transient("The key store's ciphertext is not one of transit.", "Look at what stands between it and us.")


def to_text(wrapped: bytes) -> str:
    """Return transit's ciphertext.

    Raises:
        Integrity: the bytes are not of this form.
    """
    octets = bytes(wrapped)
    version = int.from_bytes(octets[len(FORM) : HEAD_BYTES], "big")
    if len(octets) != WRAPPED_BYTES or not octets.startswith(FORM) or not version:
        raise Integrity("This wrapped key is damaged: its form is not ours.", "Restore the row from a backup.")
    return f"vault:v{version}:{base64.b64encode(octets[HEAD_BYTES:]).decode()}"
