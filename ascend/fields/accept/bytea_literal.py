"""Undoes what djfernet did to binary values under psycopg2: it encrypted the SQL literal instead of the bytes.

Source: PostgreSQL manual, section 8.4, bytea's hex and escape formats.
"""

import re
from typing import Final

LITERAL: Final = re.compile(rb"'(?P<inside>.*)'::bytea", re.DOTALL)
HEXADECIMAL: Final = re.compile(rb"\\x(?:[0-9a-fA-F]{2})*")
ESCAPED: Final = re.compile(rb"\\\\|\\(?P<octal>[0-3][0-7]{2})|''")


def without_literal(opened: bytes) -> bytes:
    """Return the bytes that a literal stands for; bytes that are none are returned as they are."""
    match = LITERAL.fullmatch(opened)
    if match is None:
        return opened
    inside = match["inside"]
    if HEXADECIMAL.fullmatch(inside):
        return bytes.fromhex(inside[2:].decode("ascii"))
    return ESCAPED.sub(_unescaped, inside)


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes([int(match["octal"], 8)]) if match["octal"] else match[0][:1]
