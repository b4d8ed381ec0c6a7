"""The heading says how the rest of the file is to be read, or why it cannot be."""

import pytest

from records.csvfile.heading import MAX_COLUMNS, UnreadableFile, read_heading
from records.reasons import Reason


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    content = "\n".join(
        delimiter.join(cells) for cells in (["ref", "name", "address"], ["1", "Ada", "Road 1"], ["2", "Bo", "Road 2"])
    )
    assert read_heading(content.encode()).delimiter == delimiter


def test_delimiters_inside_quotes_do_not_count() -> None:
    heading = read_heading(b'ref;"name, first; last";note\n1;"a, b, c, d";"x,y"\n')
    assert (heading.delimiter, heading.columns) == (";", ("ref", "name, first; last", "note"))


def test_commas_in_the_values_of_a_semicolon_file_do_not_count() -> None:
    heading = read_heading(b"ref;address\n1;Road 1, Town, Land\n2;Road 2, Town, Land\n")
    assert heading.delimiter == ";"


def test_a_single_column_is_read_with_commas() -> None:
    assert read_heading(b"reference\n1\n2\n").columns == ("reference",)


def test_a_byte_order_mark_is_passed_over() -> None:
    heading = read_heading(b"\xef\xbb\xbfref,name\r\n1,Ada\r\n")
    assert heading.columns == ("ref", "name")
    assert (heading.first_row.offset, heading.first_row.rows) == (13, 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY_FILE),
        (b"\xef\xbb\xbf\r\n", Reason.EMPTY_FILE),
        ("ref,name\n".encode("utf-16"), Reason.UTF16),
        (b"ref,na\xefme\n1,2\n", Reason.NOT_UTF8),
        (b"PK\x03\x04\0\0\0\n", Reason.NOT_TEXT),
        (b",".join([b"c"] * (MAX_COLUMNS + 1)), Reason.TOO_MANY_COLUMNS),
        (b'"ref,name\n1,2\n', Reason.QUOTE_NEVER_CLOSED),
        (b"ref,name\r1,2\r", Reason.LINE_END),
    ],
)
def test_what_is_no_csv_file_is_refused_with_its_reason(content: bytes, reason: Reason) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read_heading(content)
    assert refusal.value.reason is reason
