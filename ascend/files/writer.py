"""Writing a sealed stream (spec: files §4)."""

import os
from types import TracebackType
from typing import BinaryIO, Self
from uuid import UUID

from ascend.envelope.keys import SecretKey
from ascend.files.chunks import ChunkCipher
from ascend.files.header import DEFAULT_CHUNK_BYTES, SALT_BYTES, FileHeader


class SealedWriter:
    """Seals what is written to it into `raw`, which stays the caller's to close.

    Not an `io.IOBase` on purpose: those close themselves when they are collected, and a writer
    that was dropped half-way must leave an unfinished file, not a short one that opens (FILE-11).
    """

    def __init__(
        self,
        raw: BinaryIO,
        *,
        key: SecretKey,
        key_id: bytes,
        organization_id: UUID,
        label: str,
        file_id: UUID,
        chunk_bytes: int = DEFAULT_CHUNK_BYTES,
    ) -> None:
        """Write the header. The salt is new for every file, so no two files share a key (FILE-3)."""
        header = FileHeader(key_id, os.urandom(SALT_BYTES), chunk_bytes)
        self._cipher = ChunkCipher(header, key=key, organization_id=organization_id, label=label, file_id=file_id)
        self._raw = raw
        self._chunk_bytes = header.chunk_bytes
        self._pending = bytearray()
        self._number = 0
        self.closed = False
        _write_all(raw, header.to_bytes())

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take bytes; a chunk is written once it is full and known not to be the last.

        Raises:
            ValueError: the stream is closed, or 2^32 chunks are written.
        """
        if self.closed:
            raise ValueError("write to a closed sealed stream")
        view = memoryview(data).cast("B")
        for start in range(0, len(view), self._chunk_bytes):
            self._take(view[start : start + self._chunk_bytes])
        return len(view)

    def _take(self, piece: memoryview) -> None:
        self._pending += piece
        if len(self._pending) > self._chunk_bytes:
            chunk = bytes(self._pending[: self._chunk_bytes])
            del self._pending[: self._chunk_bytes]
            self._write_chunk(chunk, is_last=False)

    def close(self) -> None:
        """Write the last chunk: now, and not before, the file opens to its end."""
        if self.closed:
            return
        self.closed = True
        self._write_chunk(bytes(self._pending), is_last=True)
        self._pending.clear()

    def abandon(self) -> None:
        """Stop without a last chunk: what was written stays unfinished and never opens to an end."""
        self.closed = True
        self._pending.clear()

    def _write_chunk(self, plaintext: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.seal(self._number, plaintext, is_last=is_last)
        # Counted before it is written (FILE-12): after a failed write the file lacks a chunk and never opens.
        self._number += 1
        _write_all(self._raw, sealed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close() if kind is None else self.abandon()


def _write_all(raw: BinaryIO, data: bytes) -> None:
    """Write everything: an unbuffered file may take less at a time."""
    view = memoryview(data)
    while view:
        view = view[raw.write(view) :]
