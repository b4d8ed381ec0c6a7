import csv
import gc
import io
import itertools
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ascend.envelope import DecryptionFailed, SecretKey
from ascend.files.stream import SealedReader, SealedWriter, read_header

CHUNK = 1024
STORED_CHUNK = CHUNK + 16
HEADER = 53
KEY_ID = b"8 bytes!"
NAMED: dict[str, Any] = {
    "key": SecretKey(bytes(range(32))),
    "organization_id": UUID(int=1),
    "label": "records.spool",
    "file_id": UUID(int=2),
}
LENGTHS = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK + 7]


def text_of(length: int) -> bytes:
    return bytes(itertools.islice(itertools.cycle(range(251)), length))


def seal(text: bytes, chunk_bytes: int = CHUNK) -> bytes:
    raw = io.BytesIO()
    with SealedWriter(raw, key_id=KEY_ID, chunk_bytes=chunk_bytes, **NAMED) as stream:
        stream.write(text)
    return raw.getvalue()


def reader(sealed: bytes, **other: Any) -> SealedReader:
    return SealedReader(io.BytesIO(sealed), **(NAMED | other))


def open_all(sealed: bytes, **other: Any) -> bytes:
    return reader(sealed, **other).readall()


def refused(sealed: bytes, **other: Any) -> None:
    with pytest.raises(DecryptionFailed) as caught:
        open_all(sealed, **other)
    assert (type(caught.value), str(caught.value)) == (DecryptionFailed, "decryption failed")


def chunks_of(sealed: bytes) -> tuple[bytes, list[bytes]]:
    body = sealed[HEADER:]
    return sealed[:HEADER], [body[start : start + STORED_CHUNK] for start in range(0, len(body), STORED_CHUNK)]


class Dribble(io.RawIOBase):
    """A stream that hands out and takes a few bytes at a time, as sockets do, and cannot seek."""

    def __init__(self, octets: bytes = b"") -> None:
        super().__init__()
        self.octets = io.BytesIO(octets)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        return self.octets.readinto(memoryview(buffer)[:7])

    def write(self, data: memoryview) -> int:
        return self.octets.write(bytes(data[:5]))


class TestSealedStream:
    """FILE-1, FILE-3, FILE-13."""

    @pytest.mark.parametrize("length", LENGTHS)
    def test_opens_to_what_was_written(self, length: int) -> None:
        assert open_all(seal(text_of(length))) == text_of(length)

    @pytest.mark.parametrize("length", LENGTHS)
    def test_grows_by_the_header_and_one_tag_a_chunk(self, length: int) -> None:
        assert len(seal(text_of(length))) == HEADER + length + 16 * max(1, -(-length // CHUNK))

    @pytest.mark.parametrize("step", [1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK])
    def test_does_not_depend_on_how_it_was_cut_when_written(self, step: int) -> None:
        text, raw = text_of(5 * CHUNK + 7), io.BytesIO()
        with SealedWriter(raw, key_id=KEY_ID, chunk_bytes=CHUNK, **NAMED) as stream:
            for start in range(0, len(text), step):
                assert stream.write(memoryview(text)[start : start + step]) == len(text[start : start + step])
        assert open_all(raw.getvalue()) == text
        assert len(raw.getvalue()) == len(seal(text))

    def test_goes_through_streams_that_give_and_take_little_at_a_time(self) -> None:
        raw = Dribble()
        with SealedWriter(raw, key_id=KEY_ID, chunk_bytes=CHUNK, **NAMED) as stream:
            stream.write(text_of(3 * CHUNK))
        assert SealedReader(Dribble(raw.octets.getvalue()), **NAMED).readall() == text_of(3 * CHUNK)

    def test_reads_as_text_line_by_line(self) -> None:
        rows = [[str(number), "Zoë", "line\nbreak"] for number in range(500)]
        plain = io.StringIO(newline="")
        csv.writer(plain).writerows(rows)
        with io.TextIOWrapper(io.BufferedReader(reader(seal(plain.getvalue().encode()))), "utf-8", newline="") as lines:
            assert list(csv.reader(lines)) == rows

    def test_never_seals_two_files_alike(self) -> None:
        assert seal(b"same")[17:] != seal(b"same")[17:]

    def test_holds_no_plaintext(self) -> None:
        assert b"123-45-6789" not in seal(b"123-45-6789\n" * 1000)

    def test_stays_flat_in_memory(self, tmp_path: Path) -> None:
        piece, pieces, path = bytes(1 << 20), 48, tmp_path / "spool"
        tracemalloc.start()
        try:
            with path.open("wb") as raw, SealedWriter(raw, key_id=KEY_ID, **NAMED) as stream:
                for _ in range(pieces):
                    stream.write(piece)
            with path.open("rb") as raw:
                source = io.BufferedReader(SealedReader(raw, **NAMED))
                assert sum(len(block) for block in iter(lambda: source.read(100_000), b"")) == pieces << 20
            assert tracemalloc.get_traced_memory()[1] < 4 << 20
        finally:
            tracemalloc.stop()


class TestSealedWriter:
    """FILE-11, FILE-12."""

    @pytest.mark.parametrize("length", LENGTHS)
    def test_leaves_a_file_that_never_opens_to_an_end_when_an_exception_passes(self, length: int) -> None:
        raw = io.BytesIO()
        with suppress(RuntimeError), SealedWriter(raw, key_id=KEY_ID, chunk_bytes=CHUNK, **NAMED) as stream:
            stream.write(text_of(length))
            raise RuntimeError
        assert stream.closed
        refused(raw.getvalue())

    def test_that_is_dropped_leaves_an_unfinished_file_too(self) -> None:
        raw = io.BytesIO()
        SealedWriter(raw, key_id=KEY_ID, chunk_bytes=CHUNK, **NAMED).write(b"text")
        gc.collect()
        refused(raw.getvalue())

    def test_writes_nothing_after_its_end_and_ends_once(self) -> None:
        raw = io.BytesIO()
        stream = SealedWriter(raw, key_id=KEY_ID, chunk_bytes=CHUNK, **NAMED)
        stream.close()
        stream.close()
        assert open_all(raw.getvalue()) == b""
        with pytest.raises(ValueError, match="closed"):
            stream.write(b"more")

    def test_leaves_the_stream_under_it_open(self) -> None:
        raw = io.BytesIO()
        SealedWriter(raw, key_id=KEY_ID, **NAMED).close()
        assert not raw.closed

    def test_never_uses_a_chunk_number_again_after_a_failed_write(self) -> None:
        class Full(io.BytesIO):
            failures = 1

            def write(self, data: Any) -> int:
                if self.tell() >= HEADER and self.failures:
                    self.failures -= 1
                    raise OSError("disk full")
                return super().write(data)

        raw = Full()
        stream = SealedWriter(raw, key_id=KEY_ID, chunk_bytes=CHUNK, **NAMED)
        with pytest.raises(OSError, match="disk full"):
            stream.write(text_of(3 * CHUNK))
        stream.write(text_of(CHUNK))
        stream.close()
        refused(raw.getvalue())


class TestSealedReader:
    """FILE-4, FILE-6, FILE-8, FILE-10, FILE-14, FILE-15, FILE-16, FILE-17."""

    @pytest.mark.parametrize("length", [0, 1, CHUNK, 2 * CHUNK + 1])
    def test_refuses_a_file_cut_at_any_byte(self, length: int) -> None:
        sealed = seal(text_of(length))
        for end in range(len(sealed)):
            refused(sealed[:end])

    @pytest.mark.parametrize("length", [0, 1, CHUNK, 2 * CHUNK])
    def test_refuses_a_file_with_bytes_after_its_end(self, length: int) -> None:
        for extra in (b"\0", bytes(16), bytes(STORED_CHUNK), seal(b"")[HEADER:]):
            refused(seal(text_of(length)) + extra)

    def test_refuses_any_changed_byte(self) -> None:
        sealed = seal(text_of(CHUNK + 5))
        for position in range(len(sealed)):
            changed = bytearray(sealed)
            changed[position] ^= 1 << position % 8
            refused(bytes(changed))

    def test_refuses_chunks_in_another_order(self) -> None:
        header, chunks = chunks_of(seal(text_of(4 * CHUNK)))
        arrangements = list(itertools.permutations(chunks))
        assert open_all(header + b"".join(arrangements[0])) == text_of(4 * CHUNK)
        for arrangement in arrangements[1:]:
            refused(header + b"".join(arrangement))

    def test_refuses_chunks_left_out_or_doubled(self) -> None:
        header, chunks = chunks_of(seal(text_of(4 * CHUNK)))
        for number in range(4):
            refused(header + b"".join(chunks[:number] + chunks[number + 1 :]))
            refused(header + b"".join([*chunks[:number], chunks[number], *chunks[number:]]))

    def test_refuses_chunks_of_another_file(self) -> None:
        (header, chunks), (_, others) = chunks_of(seal(text_of(3 * CHUNK))), chunks_of(seal(text_of(3 * CHUNK)))
        for number in range(3):
            refused(header + b"".join([*chunks[:number], others[number], *chunks[number + 1 :]]))

    @pytest.mark.parametrize(
        "other",
        [
            {"key": SecretKey(bytes(32))},
            {"organization_id": UUID(int=9)},
            {"label": "records.error-file"},
            {"file_id": UUID(int=9)},
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_refuses_a_file_that_belongs_elsewhere(self, other: dict[str, Any]) -> None:
        refused(seal(b"text"), **other)

    def test_is_refused_when_made_and_not_only_when_read(self) -> None:
        with pytest.raises(DecryptionFailed):
            reader(seal(b"text"), label="elsewhere")
        with pytest.raises(DecryptionFailed):
            reader(b"name,ssn\nAda,123-45-6789\n" * 10)

    def test_fails_again_when_asked_again_after_a_damaged_chunk(self) -> None:
        header, chunks = chunks_of(seal(text_of(4 * CHUNK)))
        chunks[1] = bytes(STORED_CHUNK)
        source = reader(header + b"".join(chunks))
        assert source.read(CHUNK) == text_of(CHUNK)
        for _ in range(3):
            with pytest.raises(DecryptionFailed):
                source.read(CHUNK)

    def test_does_not_go_on_where_a_later_copy_of_the_damaged_chunk_would_fit(self) -> None:
        header, (first, second, last) = chunks_of(seal(text_of(3 * CHUNK)))
        damaged = second[:1] + bytes(STORED_CHUNK - 1)
        source = reader(header + first + damaged + b"?" + second[1:] + last)
        assert source.read(CHUNK) == text_of(CHUNK)
        for _ in range(3):
            with pytest.raises(DecryptionFailed):
                source.read(CHUNK)

    def test_gives_out_authenticated_bytes_only(self) -> None:
        sealed = bytearray(seal(text_of(3 * CHUNK)))
        sealed[HEADER + 2 * STORED_CHUNK + CHUNK - 1] ^= 1
        source, given = reader(bytes(sealed)), []
        with pytest.raises(DecryptionFailed):
            given.extend(iter(lambda: source.read(100), b""))
        assert b"".join(given) == text_of(2 * CHUNK)

    def test_goes_to_any_chunk_to_resume(self) -> None:
        text = text_of(5 * CHUNK + 7)
        source = reader(seal(text))
        for number in (3, 0, 5, 1, 4, 2):
            assert source.seek_chunk(number) == source.tell() == number * CHUNK
            assert source.read(10) == text[number * CHUNK :][:10]
        assert source.readall() == text[2 * CHUNK + 10 :]
        assert source.tell() == len(text)

    @pytest.mark.parametrize("length", LENGTHS)
    def test_goes_to_any_offset_up_to_the_very_end(self, length: int) -> None:
        text = text_of(length)
        source = reader(seal(text))
        for offset in {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, length - 1, length}:
            if 0 <= offset <= length:
                assert source.seek_offset(offset) == source.tell() == offset
                assert source.readall() == text[offset:]

    @pytest.mark.parametrize("length", [0, 1, 2 * CHUNK, 2 * CHUNK + 1])
    def test_does_not_go_beyond_the_end_or_before_the_start(self, length: int) -> None:
        for offset in (-1, length + 1, length + CHUNK, length + 9 * CHUNK):
            with pytest.raises(DecryptionFailed):
                reader(seal(text_of(length))).seek_offset(offset)

    def test_resumes_in_a_stream_that_begins_behind_other_bytes(self) -> None:
        raw = io.BytesIO(b"before" + seal(text_of(3 * CHUNK)))
        raw.seek(6)
        source = SealedReader(raw, **NAMED)
        source.seek_chunk(2)
        assert source.readall() == text_of(3 * CHUNK)[2 * CHUNK :]

    @pytest.mark.parametrize("length", [0, 1, 2 * CHUNK])
    def test_finds_no_chunk_after_the_last(self, length: int) -> None:
        source = reader(seal(text_of(length)))
        with pytest.raises(DecryptionFailed):
            source.seek_chunk(max(1, -(-length // CHUNK)))
        assert source.seek_chunk(0) == 0
        assert source.readall() == text_of(length)

    @pytest.mark.parametrize("number", [-1, 2**32])
    def test_has_no_chunk_outside_the_counter(self, number: int) -> None:
        with pytest.raises(ValueError, match="chunks 0 to"):
            reader(seal(b"text")).seek_chunk(number)

    def test_cannot_go_anywhere_in_a_stream_that_cannot(self) -> None:
        with pytest.raises(io.UnsupportedOperation):
            SealedReader(Dribble(seal(b"text")), **NAMED).seek_chunk(0)

    def test_reads_nothing_once_closed_and_leaves_the_stream_under_it_open(self) -> None:
        raw = io.BytesIO(seal(b"text"))
        source = SealedReader(raw, **NAMED)
        source.close()
        with pytest.raises(ValueError, match="closed"):
            source.read(1)
        with pytest.raises(ValueError, match="open stream"):
            source.seek_chunk(0)
        assert (source._opened, raw.closed) == (b"", False)


class TestReadHeader:
    def test_names_the_key_and_leaves_the_stream_where_it_was(self) -> None:
        raw = io.BytesIO(b"before" + seal(b"text"))
        raw.seek(6)
        assert read_header(raw) == KEY_ID
        assert raw.tell() == 6

    @pytest.mark.parametrize("plain", [b"", b"name,ssn\n", b"ascendF1", bytes(53), b"ascendF1\x01" + bytes(44)])
    def test_refuses_what_is_no_sealed_file_like_every_other_damage(self, plain: bytes) -> None:
        with pytest.raises(DecryptionFailed):
            read_header(io.BytesIO(plain))
