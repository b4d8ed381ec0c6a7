"""Rows are read one at a time, each with its number and the place where reading can go on."""

import io

import pytest

from records.csvfile.rows import MAX_ROW_BYTES, Position, Row, read_rows
from records.reasons import Reason

START = Position(0, 0)


def rows(content: bytes, delimiter: str = ",", start: Position = START) -> list[Row]:
    stream = io.BytesIO(content)
    stream.seek(start.offset)
    return list(read_rows(stream, delimiter=delimiter, start=start))


def problems(content: bytes) -> list[tuple[int, Reason | None]]:
    return [(row.number, row.problem) for row in rows(content) if row.problem]


def test_cells_may_hold_delimiters_quotes_and_line_ends() -> None:
    (row,) = rows(b'"a,b","say ""hi""","two\r\nlines"\r\n')
    assert row.cells == ["a,b", 'say "hi"', "two\r\nlines"]


def test_numbers_count_as_a_spreadsheet_does() -> None:
    found = rows(b'head\n"two\nlines"\n\nlast')
    assert [(row.number, row.cells) for row in found] == [(1, ["head"]), (2, ["two\nlines"]), (4, ["last"])]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_reading_goes_on_after_any_row(line_end: bytes) -> None:
    content = line_end.join([b"id,note", b'1,"a', b'b"', b"2,\xc3\xa9", b"", b"3,x"])
    whole = rows(content)
    for position, row in enumerate(whole):
        rest = rows(content, start=Position(row.end, row.number))
        assert [(later.number, later.cells, later.end) for later in rest] == [
            (later.number, later.cells, later.end) for later in whole[position + 1 :]
        ]


def test_a_quote_that_never_closes_ends_the_reading_at_its_row() -> None:
    assert problems(b'id\n1\n"2\n3\n4\n') == [(3, Reason.QUOTE_NEVER_CLOSED)]


def test_a_quote_that_never_closes_is_refused_before_it_fills_the_memory() -> None:
    endless = b'id\n"' + b"x\n" * 5_000_000
    stream = io.BytesIO(endless)
    found = list(read_rows(stream, delimiter=",", start=START))
    assert found[-1].problem is Reason.QUOTE_NEVER_CLOSED
    assert stream.tell() < MAX_ROW_BYTES


def test_a_row_without_an_end_is_refused_at_its_bound() -> None:
    assert problems(b"id\n" + b"1," * MAX_ROW_BYTES) == [(2, Reason.ROW_TOO_LONG)]


def test_text_after_a_closing_quote_is_a_problem_of_that_row_only() -> None:
    assert problems(b'id\n"1"x\n2\n') == [(2, Reason.QUOTING)]
    assert rows(b'id\n"1"x\n2\n')[-1].cells == ["2"]


def test_line_ends_of_old_macs_are_a_problem_and_not_an_error() -> None:
    assert problems(b"id,name\r1,Ada\r2,Bob\r")[0][1] is Reason.LINE_END


def test_broken_bytes_are_kept_apart_from_good_rows() -> None:
    found = rows(b"1,caf\xe9\n2,caf\xc3\xa9\n3,a\0b\n")
    assert [row.is_suspect for row in found] == [True, False, True]
    assert found[1].cells == ["2", "café"]
