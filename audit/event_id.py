"""Ids that sort by time (RFC 9562, UUID version 7)."""

import os
from datetime import datetime
from itertools import count
from uuid import UUID

_VERSION_7 = 0x7
_VARIANT_RFC = 0b10
_SEQUENCE_BITS = 12
_sequence = count(int.from_bytes(os.urandom(1), "big"))


def new_event_id(at: datetime) -> UUID:
    """Return a UUIDv7: milliseconds of `at`, a 12-bit count of this process, 62 random bits.

    The count keeps two events of one millisecond in the order in which this process wrote them.
    It wraps; the random bits make the id unique. Source: RFC 9562 §5.7 and §6.2, method 1.
    """
    milliseconds = int(at.timestamp() * 1000)
    sequence = next(_sequence) & ((1 << _SEQUENCE_BITS) - 1)
    random_bits = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=milliseconds << 80 | _VERSION_7 << 76 | sequence << 64 | _VARIANT_RFC << 62 | random_bits)


def first_event_id(at: datetime) -> UUID:
    """Return the smallest id that an event of `at` or later can have: where a read by time begins."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
