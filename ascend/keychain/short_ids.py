"""The 8 bytes by which an envelope names its data key: random, and never given twice (KC-3).

The first bit says whose key it is: 0 for one of a column, 1 for one of a person. So the two tables, in two
databases, cannot give the same id to two keys, and a header tells where its key is.
"""

from os import urandom

from ascend.envelope.message import HEADER_BYTES, KEY_ID_BYTES
from ascend.envelope.suites import Suite

SUBJECT_BIT = 0x80


def of_label_key() -> bytes:
    """Return a new id for a key of a column."""
    drawn = urandom(KEY_ID_BYTES)
    return bytes([drawn[0] & ~SUBJECT_BIT]) + drawn[1:]


def of_subject_key() -> bytes:
    """Return a new id for a key of a person."""
    drawn = urandom(KEY_ID_BYTES)
    return bytes([drawn[0] | SUBJECT_BIT]) + drawn[1:]


def names_subject(short_id: bytes) -> bool:
    """Return whether a key with this id is a person's."""
    return bool(short_id[0] & SUBJECT_BIT)


def is_subject_header(header: bytes) -> bool:
    """Return whether the first 9 bytes of an envelope name the key of a person."""
    return len(header) == HEADER_BYTES and header[0] == Suite.XAES_256_GCM and names_subject(header[1:])
