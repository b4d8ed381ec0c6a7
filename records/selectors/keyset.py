"""Pages by keyset: a place in the order is remembered, not a number of rows to skip."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, Self, TypeVar
from uuid import UUID

from django.db.models import Q

from records import conf

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CURSOR_BYTES = 8 + 16
Shown = TypeVar("Shown")
Stored = TypeVar("Stored")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row after which a page begins, newest first. It tells when a row was made and its id, nothing else."""

    created_at: datetime
    id: UUID

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the cursor of an address, or None for the first page and for what is no cursor."""
        try:
            raw = base64.urlsafe_b64decode(text.encode())
            if len(raw) != _CURSOR_BYTES:
                return None
            return cls(_EPOCH + int.from_bytes(raw[:8], "big") * _MICROSECOND, UUID(bytes=raw[8:]))
        except (binascii.Error, ValueError, OverflowError):
            return None

    def __str__(self) -> str:
        microseconds = (self.created_at - _EPOCH) // _MICROSECOND
        return base64.urlsafe_b64encode(microseconds.to_bytes(8, "big") + self.id.bytes).decode()

    def rows_after(self) -> Q:
        """Return the condition that keeps what comes later in the order `-created_at, -id`."""
        # The first part alone bounds the index scan; the second settles ties.
        return Q(created_at__lte=self.created_at) & (Q(created_at__lt=self.created_at) | Q(id__lt=self.id))


@dataclass(frozen=True, slots=True)
class Page(Generic[Shown]):
    """Some rows and the cursor of the next ones, which is None at the end."""

    rows: tuple[Shown, ...]
    next: Cursor | None


def page_of(stored: Sequence[Stored], show: Callable[[Stored], Shown], at: Callable[[Stored], Cursor]) -> Page[Shown]:
    """Return the page of rows that were fetched with `conf.PAGE_ROWS + 1` as their limit."""
    kept = stored[: conf.PAGE_ROWS]
    has_more = len(stored) > conf.PAGE_ROWS
    return Page(tuple(show(row) for row in kept), at(kept[-1]) if has_more else None)
