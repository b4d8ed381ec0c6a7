from uuid import UUID

import pytest

from ascend.envelope import DecryptionFailed, SecretKey
from ascend.files.chunks import MAXIMUM_CHUNKS, ChunkCipher
from ascend.files.header import FileHeader

HEADER = FileHeader(b"8 bytes!", bytes(32), 1024)
NAMED = {"key": SecretKey(bytes(32)), "organization_id": UUID(int=1), "label": "spool", "file_id": UUID(int=2)}
CIPHER = ChunkCipher(HEADER, **NAMED)


class TestChunkCipher:
    """FILE-4, FILE-5, FILE-7, FILE-9."""

    def test_opens_a_chunk_in_its_place_only(self) -> None:
        sealed = CIPHER.seal(3, b"text", is_last=False)
        assert CIPHER.open(3, sealed, is_last=False) == b"text"
        for number, is_last in [(2, False), (4, False), (3, True), (3 + 2**8, False)]:
            with pytest.raises(DecryptionFailed):
                CIPHER.open(number, sealed, is_last=is_last)

    @pytest.mark.parametrize("number", [-1, MAXIMUM_CHUNKS])
    def test_has_no_chunk_outside_its_counter(self, number: int) -> None:
        with pytest.raises(ValueError, match="at most 4294967296 chunks"):
            CIPHER.seal(number, b"text", is_last=False)
        with pytest.raises(DecryptionFailed):
            CIPHER.open(number, bytes(32), is_last=False)

    def test_seals_the_highest_chunk(self) -> None:
        sealed = CIPHER.seal(MAXIMUM_CHUNKS - 1, b"text", is_last=True)
        assert CIPHER.open(MAXIMUM_CHUNKS - 1, sealed, is_last=True) == b"text"

    def test_refuses_an_empty_chunk_that_is_not_the_only_one(self) -> None:
        assert CIPHER.open(0, CIPHER.seal(0, b"", is_last=True), is_last=True) == b""
        with pytest.raises(DecryptionFailed):
            CIPHER.open(1, CIPHER.seal(1, b"", is_last=True), is_last=True)

    def test_without_a_label_cannot_be_made(self) -> None:
        with pytest.raises(ValueError, match="never empty"):
            ChunkCipher(HEADER, **(NAMED | {"label": ""}))
