"""The first 53 bytes of a sealed file: the one module that knows their layout (spec: files §1)."""

import hashlib
from dataclasses import dataclass
from typing import Final, Self

from ascend.envelope.errors import NotAnEnvelope
from ascend.envelope.message import KEY_ID_BYTES
from ascend.envelope.suites import Suite

MAGIC: Final = b"ascendF1"
SALT_BYTES: Final = 32
DEFAULT_CHUNK_BYTES: Final = 64 * 1024
# A reader allocates one chunk before it can authenticate anything: the header may not ask for more.
MINIMUM_CHUNK_BYTES: Final = 1024
MAXIMUM_CHUNK_BYTES: Final = 16 * 1024 * 1024
_LENGTH_BYTES: Final = 4
_START: Final = MAGIC + Suite.XAES_256_GCM.to_bytes(1, "big")
_SALT_AT: Final = len(_START) + KEY_ID_BYTES
_CHUNK_SIZE_AT: Final = _SALT_AT + SALT_BYTES
FILE_HEADER_BYTES: Final = _CHUNK_SIZE_AT + _LENGTH_BYTES


@dataclass(frozen=True, slots=True)
class FileHeader:
    """Which key opens the file, and how it is cut into chunks."""

    key_id: bytes
    salt: bytes
    chunk_bytes: int = DEFAULT_CHUNK_BYTES

    def __post_init__(self) -> None:
        if len(self.key_id) != KEY_ID_BYTES or len(self.salt) != SALT_BYTES:
            raise ValueError(f"a file's key id is {KEY_ID_BYTES} bytes and its salt {SALT_BYTES}")
        if not MINIMUM_CHUNK_BYTES <= self.chunk_bytes <= MAXIMUM_CHUNK_BYTES:
            raise ValueError(f"a chunk holds {MINIMUM_CHUNK_BYTES} to {MAXIMUM_CHUNK_BYTES} bytes")

    @classmethod
    def parse(cls, stored: bytes) -> Self:
        """Take a header apart. Refuses what `to_bytes` would not write (FILE-2).

        Raises:
            NotAnEnvelope: these bytes are none, whatever the reason.
        """
        if len(stored) != FILE_HEADER_BYTES or not stored.startswith(_START):
            raise NotAnEnvelope("these bytes are not the header of a sealed file")
        chunk_bytes = int.from_bytes(stored[_CHUNK_SIZE_AT:], "big")
        try:
            return cls(stored[len(_START) : _SALT_AT], stored[_SALT_AT:_CHUNK_SIZE_AT], chunk_bytes)
        except ValueError as error:
            raise NotAnEnvelope("these bytes are not the header of a sealed file") from error

    def to_bytes(self) -> bytes:
        """Return the header as the file begins with it."""
        return _START + self.key_id + self.salt + self.chunk_bytes.to_bytes(_LENGTH_BYTES, "big")

    def digest(self) -> bytes:
        """Return the SHA-256 of the header, which every chunk authenticates (FILE-6)."""
        return hashlib.sha256(self.to_bytes()).digest()
