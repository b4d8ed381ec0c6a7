"""Rows in the binary format of PostgreSQL's COPY (its documentation, COPY, "Binary Format").

psycopg makes the same bytes from Python values; with 22 columns that are bytes already, asking it
for each of them costs more than sealing does.
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
END: Final = struct.pack("!h", -1)
_NULL: Final = struct.pack("!i", -1)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_count = struct.Struct("!h").pack
_length = struct.Struct("!i").pack
_timestamp = struct.Struct("!q").pack


def timestamp(moment: datetime) -> bytes:
    """Return a `timestamptz`: microseconds since the year 2000, 8 bytes."""
    return _timestamp((moment - _EPOCH) // _MICROSECOND)


def row(columns: list[bytes | None]) -> bytes:
    """Return one row; a column is the bytes of its type's binary form, or None for NULL."""
    return _count(len(columns)) + b"".join(_fields(columns))


def _fields(columns: Iterable[bytes | None]) -> list[bytes]:
    parts: list[bytes] = []
    for column in columns:
        if column is None:
            parts.append(_NULL)
        else:
            parts += (_length(len(column)), column)
    return parts
