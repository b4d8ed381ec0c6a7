"""OpenPGP's ASCII armor, as django-pgcrypto writes it. Source: RFC 4880, section 6."""

import base64
import binascii
import re
from typing import Final

ARMOR: Final = re.compile(
    r"\s*-----BEGIN PGP MESSAGE-----[ \t]*\r?\n"
    r"(?:[^\n:]+:[^\n]*\n)*"
    r"[ \t\r]*\n"
    r"(?P<body>[A-Za-z0-9+/=\r\n]+?)\r?\n"
    r"=(?P<checksum>[A-Za-z0-9+/]{4})\r?\n"
    r"-----END PGP MESSAGE-----\s*"
)
CRC24_INITIAL: Final = 0xB704CE
CRC24_POLYNOMIAL: Final = 0x1864CFB


def dearmored(text: str) -> bytes | None:
    """Return the bytes in an armor, or None where it is none or its checksum is wrong.

    The checksum finds accidents only: whoever changes the bytes computes another.
    """
    match = ARMOR.fullmatch(text)
    if match is None:
        return None
    try:
        body = base64.b64decode("".join(match["body"].split()), validate=True)
        checksum = base64.b64decode(match["checksum"], validate=True)
    except (binascii.Error, ValueError):
        return None
    return body if crc24(body).to_bytes(3, "big") == checksum else None


def crc24(octets: bytes) -> int:
    """Return the checksum of RFC 4880, section 6.1."""
    crc = CRC24_INITIAL
    for octet in octets:
        crc ^= octet << 16
        for _ in range(8):
            crc = (crc << 1) ^ (CRC24_POLYNOMIAL if crc & 0x800000 else 0)
    return crc & 0xFFFFFF
