"""Seal and open the values of one column under one key: the hot path (spec: envelope §3).

A page of records opens hundreds of values, an import seals millions: what costs is not AES but
the number of Python-level steps. So one cipher is made per (key, column) and keeps everything
that does not change from value to value: header, AAD prefix, bound methods, slices.
"""

from os import urandom
from typing import Never, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ascend.envelope.context import FieldContext
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SecretKey
from ascend.envelope.message import HEADER_BYTES
from ascend.envelope.suites import NONCE_BYTES, Suite, require_randomized
from ascend.envelope.xaes import Xaes256Gcm


class Aead(Protocol):
    """An authenticated cipher of RFC 5116: `data` ends with its tag on the way back."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


def aead_for(suite: Suite, key: SecretKey) -> Aead:
    """Return the cipher of `suite` under `key`.

    Raises:
        ValueError: the suite is deterministic.
    """
    return AESGCM(key.material) if require_randomized(suite) is Suite.AES_256_GCM else Xaes256Gcm(key.material)


class FieldCipher:
    """Seals and opens values of one column. Immutable in use: threads may share it.

    Its parts are public: an opener and a sealer take them over, so that a value costs one Python-level call and
    not two. A variant of the cipher gives the same parts.
    """

    __slots__ = ("body", "decrypt", "encrypt", "header", "nonce", "nonce_bytes", "prefix")

    def __init__(self, key: SecretKey, header: bytes, context: FieldContext, aead: Aead | None = None) -> None:
        """Prepare for the envelopes that begin with `header`; `aead` is that of `key`, if it is made already.

        Raises:
            ValueError: the header is not 9 bytes of suite 01 or 03.
        """
        self.prefix = context.aad_prefix(header)
        suite = require_randomized(header[0])
        aead = aead or aead_for(suite, key)
        self.encrypt, self.decrypt = aead.encrypt, aead.decrypt
        self.header = bytes(header)
        self.nonce_bytes = NONCE_BYTES[suite]
        self.nonce = slice(HEADER_BYTES, HEADER_BYTES + self.nonce_bytes)
        self.body = slice(HEADER_BYTES + self.nonce_bytes, None)

    def seal(self, plaintext: bytes, row: bytes = b"") -> bytes:
        """Return a new envelope of `plaintext`; `row` is a `row_part` or empty (ENV-10).

        The nonce is drawn here, in the call that uses it, and never kept: a pool of nonces
        carried over a fork would be used twice.
        """
        nonce = urandom(self.nonce_bytes)
        return self.header + nonce + self.encrypt(nonce, plaintext, self.prefix + row)

    def seal_with(self, nonce: bytes, plaintext: bytes, row: bytes = b"") -> bytes:
        """Return the envelope of `plaintext` under a nonce that one bulk operation drew in one block.

        Raises:
            ValueError: the nonce has another length than the suite's.
        """
        if len(nonce) != self.nonce_bytes:
            raise ValueError(f"this suite takes a nonce of {self.nonce_bytes} bytes")
        return self.header + nonce + self.encrypt(nonce, plaintext, self.prefix + row)

    def open(self, envelope: bytes, row: bytes = b"") -> bytes:
        """Return the plaintext of an envelope that was sealed under this header, context and row.

        Raises:
            DecryptionFailed: anything whatever is wrong with these bytes, or they belong elsewhere (ENV-14).
        """
        if envelope[:HEADER_BYTES] != self.header:  # ENV-12: the AAD holds the expected header, not this one
            raise DecryptionFailed
        try:
            return self.decrypt(envelope[self.nonce], envelope[self.body], self.prefix + row)
        except (InvalidTag, ValueError):  # ValueError: cut short inside the nonce
            raise DecryptionFailed from None

    def __reduce__(self) -> Never:
        raise TypeError("a cipher holds its key and is never pickled or copied")
