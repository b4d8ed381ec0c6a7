"""Envelope, wrapped key, blind index and sealed file, from docs/spec alone."""

import hashlib
import hmac
import struct
from collections.abc import Iterable

from tests.reference.aead import gcm_seal, siv_seal, xaes_seal

SEALS = {1: gcm_seal, 3: xaes_seal}


def joined(parts: Iterable[bytes]) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def hkdf(material: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """RFC 5869, 2.2 and 2.3."""
    pseudorandom = hmac.new(salt or bytes(32), material, hashlib.sha256).digest()
    output, block = b"", b""
    while len(output) < length:
        block = hmac.new(pseudorandom, block + info + bytes([len(output) // 32 + 1]), hashlib.sha256).digest()
        output += block
    return output[:length]


def envelope(suite: int, key: bytes, key_id: bytes, nonce: bytes, text: bytes, parts: list[bytes]) -> bytes:
    """`parts` is organization, label and, for a row-bound value, the tagged key of the row."""
    header = bytes([suite]) + key_id
    organization, label, *row = parts
    aad = joined([b"ascend/field/v1", organization, label, header, *row])
    return header + nonce + SEALS[suite](key, nonce, text, aad)


def deterministic(key: bytes, key_id: bytes, text: bytes, organization: bytes, group: bytes) -> bytes:
    aad = joined([b"ascend/deterministic/v1", organization, group, b"\x02"])
    return b"\x02" + key_id + siv_seal(key, [aad], text)


def wrapped_key(kek: bytes, nonce: bytes, key: bytes, parts: list[bytes]) -> bytes:
    return b"\x01" + nonce + gcm_seal(kek, nonce, key, joined([b"ascend/key/v1", *parts]))


def index(root: bytes, parts: list[bytes], text: bytes, bits: int) -> bytes:
    key = hkdf(root, b"", joined([b"ascend/index/v1", *parts]))
    return hmac.new(key, text, hashlib.sha256).digest()[: bits // 8]


def sealed_file(dek: bytes, key_id: bytes, salt: bytes, chunk_bytes: int, parts: list[bytes], text: bytes) -> bytes:
    header = b"ascendF1\x03" + key_id + salt + struct.pack(">I", chunk_bytes)
    file_key = hkdf(dek, salt, joined([b"ascend/file/v1", *parts]))
    aad = joined([b"ascend/file/v1", hashlib.sha256(header).digest()])
    chunks = [text[start : start + chunk_bytes] for start in range(0, len(text), chunk_bytes)] or [b""]
    sealed = header
    for number, chunk in enumerate(chunks, start=1):
        nonce = (number - 1).to_bytes(23, "big") + bytes([number == len(chunks)])
        sealed += xaes_seal(file_key, nonce, chunk, aad)
    return sealed
