"""One chunk of a sealed file: key, nonce and AAD (spec: files §2, §3)."""

from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag

from ascend.envelope.context import length_prefixed
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.kdf import derive_key
from ascend.envelope.keys import SecretKey
from ascend.envelope.suites import GCM_TAG_BYTES, XAES_NONCE_BYTES
from ascend.envelope.xaes import Xaes256Gcm
from ascend.files.header import FileHeader

FILE_DOMAIN: Final = b"ascend/file/v1"
# SP 800-38D, 8.3: no more invocations under one key, and all nonces of a file share one subkey.
MAXIMUM_CHUNKS: Final = 2**32
_COUNTER_BYTES: Final = XAES_NONCE_BYTES - 1
_MORE_FOLLOWS: Final = b"\x00"
_LAST: Final = b"\x01"


class ChunkCipher:
    """Seals and opens the chunks of exactly one file."""

    __slots__ = ("_aad", "_cipher", "sealed_bytes")

    def __init__(self, header: FileHeader, *, key: SecretKey, organization_id: UUID, label: str, file_id: UUID) -> None:
        """Derive the file's key (FILE-4); one file, one key, so that nonces may simply count.

        Raises:
            ValueError: the label is empty.
        """
        if not label:
            raise ValueError("a file's label is never empty")
        info = length_prefixed(FILE_DOMAIN, organization_id.bytes, label.encode(), file_id.bytes)
        self._cipher = Xaes256Gcm(derive_key(key, salt=header.salt, info=info).material)
        self._aad = length_prefixed(FILE_DOMAIN, header.digest())
        self.sealed_bytes = header.chunk_bytes + GCM_TAG_BYTES

    def seal(self, number: int, plaintext: bytes, *, is_last: bool) -> bytes:
        """Return the chunk as it is stored.

        Raises:
            ValueError: a file has no chunk of that number (FILE-9).
        """
        return self._cipher.encrypt(_nonce(number, is_last=is_last), plaintext, self._aad)

    def open(self, number: int, sealed: bytes, *, is_last: bool) -> bytes:
        """Return the plaintext of a stored chunk.

        Raises:
            DecryptionFailed: it is not chunk `number` of this file, whole and in its place (FILE-7, FILE-8).
        """
        try:
            plaintext = self._cipher.decrypt(_nonce(number, is_last=is_last), sealed, self._aad)
        except (InvalidTag, ValueError):
            raise DecryptionFailed from None
        if not plaintext and number:
            raise DecryptionFailed  # only an empty file has an empty chunk: one file, one form
        return plaintext


def _nonce(number: int, *, is_last: bool) -> bytes:
    """Return the nonce of a chunk: its number, 23 bytes, and whether it is the last (FILE-5)."""
    if not 0 <= number < MAXIMUM_CHUNKS:
        raise ValueError(f"a file has at most {MAXIMUM_CHUNKS} chunks")
    return number.to_bytes(_COUNTER_BYTES, "big") + (_LAST if is_last else _MORE_FOLLOWS)
