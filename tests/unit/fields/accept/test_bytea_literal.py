"""A binary value of djfernet under psycopg2 is an SQL literal; the bytes are taken out of it."""

import pytest

from ascend.fields.accept.bytea_literal import without_literal

LITERALS = [
    (rb"''::bytea", b""),
    (rb"'plain'::bytea", b"plain"),
    (rb"'it''s \\ \000\377'::bytea", b"it's \\ \x00\xff"),
    (rb"'\x00ff27'::bytea", b"\x00\xff'"),
    (rb"'\x'::bytea", b""),
    (rb"'\134\134'::bytea", b"\\\\"),
]


@pytest.mark.parametrize(("literal", "octets"), LITERALS)
def test_a_literal_is_the_bytes_that_it_stands_for(literal: bytes, octets: bytes) -> None:
    assert without_literal(literal) == octets


@pytest.mark.parametrize("octets", [b"", b"bytes", b"\x00\xff", rb"\x00ff", b"'text'", b"'a'::text"])
def test_other_bytes_stay_what_they_are(octets: bytes) -> None:
    assert without_literal(octets) == octets


def test_no_bytes_make_it_fail() -> None:
    assert without_literal(rb"'\xzz'::bytea") == rb"\xzz"
    assert without_literal(rb"'\9'::bytea") == rb"\9"
