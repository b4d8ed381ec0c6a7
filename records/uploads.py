"""How a file comes in: chunk by chunk into a sealed spool, without touching a disk or filling the memory.

Django's own handlers are switched off for the whole portal (`FILE_UPLOAD_HANDLERS`): one of them
writes temporary files in plaintext. A page that takes a file installs `SealedUploadHandler`.
"""

from typing import IO, Any, Never
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from records import conf
from records.services.spool import Spool

CHUNK_BYTES = 256 * 1024


class RefuseUploads(FileUploadHandler):
    """Takes no file: the default for every page that did not ask for one."""

    def new_file(self, *_args: Any, **_kwargs: Any) -> Never:
        """Pass over the file's bytes."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never called: `new_file` has refused."""

    def file_complete(self, file_size: int) -> None:
        """Never called: `new_file` has refused."""


class SealedUpload(UploadedFile):  # type: ignore[type-arg]
    """What a form gets: the name and size of a file whose bytes are already sealed."""

    def __init__(self, spool: Spool, *, name: str, field_name: str) -> None:
        super().__init__(file=None, name=name, size=spool.size)
        self.field_name = field_name
        self.spool = spool

    def open(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refuse: the bytes are read through `records.services.spool` only."""
        raise OSError("the uploaded bytes are sealed")


class SealedUploadHandler(FileUploadHandler):
    """Seals the first file of a request; `is_too_large` says that it went over the limit."""

    chunk_size = CHUNK_BYTES

    def __init__(self, request: HttpRequest, *, organization_id: UUID) -> None:
        super().__init__(request)
        self._organization_id = organization_id
        self.spool: Spool | None = None
        self.is_too_large = False
        self.is_claimed = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open a spool for the file.

        Raises:
            SkipFile: the request holds a second file.
            KeyUnavailable: there is no key to seal it with.
        """
        super().new_file(*args, **kwargs)
        if self.spool is not None:
            raise SkipFile
        self.spool = Spool(self._organization_id)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Seal a piece.

        Raises:
            StopUpload: the file is over the limit; what follows is read and dropped, so that the
                browser gets to see the reason.
        """
        if start + len(raw_data) > conf.upload_limit_bytes():
            self.is_too_large = True
            self.discard()
            raise StopUpload(connection_reset=False)
        if self.spool is not None:
            self.spool.write(raw_data)

    def file_complete(self, file_size: int) -> SealedUpload | None:
        """Return the finished file."""
        if self.spool is None:
            return None
        self.spool.finish()
        return SealedUpload(self.spool, name=self.file_name or "", field_name=self.field_name or "")

    def upload_interrupted(self) -> None:
        """Leave nothing of a file that broke off. Django says this also of a second file, which was passed over."""
        if self.spool is not None and not self.spool.is_finished:
            self.discard()

    def discard(self) -> None:
        """Take away a spool that no job has claimed."""
        if self.spool is not None and not self.is_claimed:
            self.spool.discard()
        self.spool = None


def arrived_whole(request: HttpRequest) -> bool:
    """Return whether the body had the length that its header promised.

    Django's parser takes a body that broke off for a complete one, and half a file of people
    would be imported as if it were all of it.
    """
    stream: IO[bytes] | Any = getattr(request, "_stream", None)
    limit, position = getattr(stream, "limit", None), getattr(stream, "_pos", None)
    return limit is None or position is None or position >= limit
