import dataclasses

import pytest

from ascend.envelope import NotAnEnvelope
from ascend.files.header import FILE_HEADER_BYTES, FileHeader

HEADER = FileHeader(b"8 bytes!", bytes(range(32)), 65536)


class TestFileHeader:
    """FILE-1, FILE-2."""

    def test_is_53_bytes_in_the_order_of_the_specification(self) -> None:
        expected = b"ascendF1" + b"\x03" + b"8 bytes!" + bytes(range(32)) + b"\0\1\0\0"
        assert HEADER.to_bytes() == expected
        assert len(expected) == FILE_HEADER_BYTES == 53

    def test_is_parsed_from_what_it_wrote(self) -> None:
        assert FileHeader.parse(HEADER.to_bytes()) == HEADER

    def test_of_any_other_length_is_refused(self) -> None:
        for wrong in (*(HEADER.to_bytes()[:length] for length in range(53)), HEADER.to_bytes() + b"\0"):
            with pytest.raises(NotAnEnvelope):
                FileHeader.parse(wrong)

    def test_of_another_magic_or_suite_is_refused(self) -> None:
        for position in range(9):
            changed = bytearray(HEADER.to_bytes())
            changed[position] ^= 1
            with pytest.raises(NotAnEnvelope):
                FileHeader.parse(bytes(changed))

    @pytest.mark.parametrize("chunk_bytes", [0, 1, 1023, 16 * 2**20 + 1, 2**32 - 1])
    def test_asks_no_reader_for_a_chunk_outside_the_limits(self, chunk_bytes: int) -> None:
        with pytest.raises(NotAnEnvelope):
            FileHeader.parse(HEADER.to_bytes()[:-4] + chunk_bytes.to_bytes(4, "big"))
        with pytest.raises(ValueError, match="a chunk holds"):
            FileHeader(b"8 bytes!", bytes(32), chunk_bytes)

    @pytest.mark.parametrize(("key_id", "salt"), [(b"short", bytes(32)), (b"8 bytes!", bytes(31))])
    def test_cannot_be_made_with_parts_of_other_lengths(self, key_id: bytes, salt: bytes) -> None:
        with pytest.raises(ValueError, match="8 bytes and its salt 32"):
            FileHeader(key_id, salt)

    @pytest.mark.parametrize("chunk_bytes", [1024, 16 * 2**20])
    def test_takes_the_limits_themselves(self, chunk_bytes: int) -> None:
        header = FileHeader(b"8 bytes!", bytes(32), chunk_bytes)
        assert FileHeader.parse(header.to_bytes()) == header

    def test_has_chunks_of_64_kib_by_default_and_does_not_change(self) -> None:
        header = FileHeader(b"8 bytes!", bytes(32))
        assert header.chunk_bytes == 65_536
        with pytest.raises(dataclasses.FrozenInstanceError):
            header.salt = bytes(32)
        assert not hasattr(header, "__dict__")
