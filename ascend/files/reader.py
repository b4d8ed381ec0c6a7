"""Reading a sealed stream (spec: files §5)."""

import io
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from ascend.envelope.errors import DecryptionFailed, NotAnEnvelope
from ascend.envelope.keys import SecretKey
from ascend.files.chunks import MAXIMUM_CHUNKS, ChunkCipher
from ascend.files.header import FILE_HEADER_BYTES, FileHeader

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class SealedReader(io.RawIOBase):
    """Reads a sealed stream; wrap it in `io.BufferedReader` and, for text, `io.TextIOWrapper`.

    `raw` stays the caller's to close. It must be seekable only to go elsewhere in it.
    """

    def __init__(self, raw: BinaryIO, *, key: SecretKey, organization_id: UUID, label: str, file_id: UUID) -> None:
        """Read the header and open the first chunk, which authenticates it (FILE-10).

        Raises:
            DecryptionFailed: this is no sealed file, or not that file under that key.
        """
        super().__init__()
        header = _parse_header(_read_up_to(raw, FILE_HEADER_BYTES))
        self._cipher = ChunkCipher(header, key=key, organization_id=organization_id, label=label, file_id=file_id)
        self.chunk_bytes = header.chunk_bytes
        self._raw = raw
        self._first_chunk_at = raw.tell() if raw.seekable() else None
        self._start_at(0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` with authenticated bytes, from one chunk at most; 0 only at the true end.

        Raises:
            DecryptionFailed: the next chunk is missing, damaged, or not the next one. Asked again, it fails again.
        """
        if self.closed:
            raise ValueError("read from a closed sealed stream")
        if self._position == len(self._opened) and not self._is_last:
            self._open_next()
        view = memoryview(buffer).cast("B")
        piece = self._opened[self._position : self._position + len(view)]
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Return how many bytes of plaintext come before the next one."""
        return self._chunk_at + self._position

    def seek_chunk(self, number: int) -> int:
        """Go to the start of chunk `number`, counted from 0, and return the offset in the plaintext.

        Raises:
            io.UnsupportedOperation: `raw` cannot seek.
            DecryptionFailed: there is no such chunk, which looks like a file that was cut short.
        """
        if self._first_chunk_at is None:
            raise io.UnsupportedOperation("the stream under this one cannot seek")
        if self.closed or not 0 <= number < MAXIMUM_CHUNKS:
            raise ValueError(f"an open stream has chunks 0 to {MAXIMUM_CHUNKS - 1}")
        self._raw.seek(self._first_chunk_at + number * self._cipher.sealed_bytes)
        self._start_at(number)
        return self.tell()

    def seek_offset(self, offset: int) -> int:
        """Go to `offset` bytes of plaintext, which may be the very end, and return it.

        Raises:
            io.UnsupportedOperation: `raw` cannot seek.
            DecryptionFailed: the file does not reach that far.
        """
        # The end of a full last chunk is not the start of a next one: look from the byte before.
        self.seek_chunk(max(offset - 1, 0) // self.chunk_bytes)
        if not 0 <= offset - self._chunk_at <= len(self._opened):
            raise DecryptionFailed
        self._position = offset - self._chunk_at
        return offset

    def close(self) -> None:
        """Forget the plaintext of the current chunk."""
        self._opened = b""
        super().close()

    def _start_at(self, number: int) -> None:
        self._number, self._chunk_at = number, number * self.chunk_bytes
        self._ahead, self._opened, self._position = b"", b"", 0
        self._is_last = self._is_broken = False
        self._open_next()

    def _open_next(self) -> None:
        """Open the next chunk. One byte more is read than it has: if there is none, it must be the last."""
        if self._is_broken:
            raise DecryptionFailed  # FILE-15: or the chunk after a damaged one would be handed out as its sequel
        self._is_broken = True
        size = self._cipher.sealed_bytes
        stored = self._ahead + _read_up_to(self._raw, size + 1 - len(self._ahead))
        is_last = len(stored) <= size
        self._opened = self._cipher.open(self._number, stored[:size], is_last=is_last)
        self._chunk_at, self._position = self._number * self.chunk_bytes, 0
        self._number, self._ahead = self._number + 1, stored[size:]
        self._is_last, self._is_broken = is_last, False


def read_header(raw: BinaryIO) -> bytes:
    """Return the short id of the key that a sealed file names, and go back to where `raw` stood.

    Raises:
        DecryptionFailed: this is no sealed file. The id itself is not authenticated before a reader opens.
    """
    start = raw.tell()
    header = _parse_header(_read_up_to(raw, FILE_HEADER_BYTES))
    raw.seek(start)
    return header.key_id


def _parse_header(stored: bytes) -> FileHeader:
    try:
        return FileHeader.parse(stored)
    except NotAnEnvelope:
        raise DecryptionFailed from None


def _read_up_to(raw: BinaryIO, size: int) -> bytes:
    """Return `size` bytes, fewer only at the end: a raw stream may hand out less at a time."""
    pieces = []
    while size and (piece := raw.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
