"""The sealed copy of an uploaded file: the only form in which it ever reaches a disk."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol
from uuid import UUID, uuid4

from ascend.files.stream import SealedReader, SealedWriter, read_header
from ascend.keychain import keyring
from records import conf

LABEL: Final = "records.import.spool"
_SUFFIX: Final = ".sealed"


class ByteStream(Protocol):
    """A sealed file that is being read."""

    def read(self, size: int = -1, /) -> bytes: ...
    def readline(self, size: int = -1, /) -> bytes: ...


class Spool:
    """A file on its way in. It opens only after `finish`; `discard` leaves nothing behind."""

    def __init__(self, organization_id: UUID) -> None:
        """Open a new file for the organization's key.

        Raises:
            KeyUnavailable: nothing was written.
        """
        key, key_id = keyring.file_key(organization_id, LABEL)
        self.id = uuid4()
        self.organization_id = organization_id
        self.size = 0
        self.is_finished = False
        self._file: IO[bytes] = os.fdopen(os.open(_path(self.id), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        self._writer = SealedWriter(
            self._file, key=key, key_id=key_id, organization_id=organization_id, label=LABEL, file_id=self.id
        )

    def write(self, data: bytes) -> None:
        """Seal `data`. The lease is confirmed each time: an upload may last longer than a key may be used.

        Raises:
            KeyUnavailable: the key went away during the upload.
        """
        keyring.require(self.organization_id)
        self._writer.write(data)
        self.size += len(data)

    def finish(self) -> None:
        """Write the end of the file and make it last."""
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.is_finished = True

    def discard(self) -> None:
        """Take the file away, finished or not."""
        self._writer.abandon()
        self._file.close()
        remove(self.id)


@contextmanager
def opened(spool_id: UUID, *, organization_id: UUID, offset: int = 0) -> Iterator[ByteStream]:
    """Open a spool for reading from `offset`, in bytes of the uploaded file.

    Raises:
        KeyUnavailable: it cannot be opened now.
        DecryptionFailed: it was damaged, cut short or exchanged.
        FileNotFoundError: it is gone.
    """
    with _path(spool_id).open("rb") as raw:
        key = keyring.file_key_by_id(read_header(raw), organization_id, LABEL)
        sealed = SealedReader(raw, key=key, organization_id=organization_id, label=LABEL, file_id=spool_id)
        if offset:
            sealed.seek_offset(offset)
        with io.BufferedReader(sealed, buffer_size=sealed.chunk_bytes) as reader:
            yield reader


def remove(spool_id: UUID) -> None:
    """Delete a spool; one that is gone already is fine."""
    _path(spool_id).unlink(missing_ok=True)


def stored() -> Iterator[tuple[UUID, float]]:
    """Yield the id of each spool on the disk and when it was last written (seconds since 1970)."""
    for path in conf.spool_dir().glob(f"*{_SUFFIX}"):
        yield UUID(path.stem), path.stat().st_mtime


def _path(spool_id: UUID) -> Path:
    return conf.spool_dir() / f"{spool_id}{_SUFFIX}"
