"""The declared time in which a column is read in its old form where it has no envelope yet.

ssn_old = OldColumn(models.CharField(max_length=11, db_column="ssn"))
ssn = EncryptedCharField(max_length=11, accept=[Plaintext()], replaces="ssn_old", accept_until=date(2027, 1, 31))
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ascend.fields.accept import DatabaseReader, Plaintext, Reader

NEW = b"N"
"""Stands before what a query took from the new column. No suite of the envelope has this number."""

OLD = b"O"
"""Stands before what a query took from the old column."""


@dataclass(frozen=True, slots=True)
class Window:
    """How the values that have no envelope yet are read, from where, and until when."""

    readers: tuple[Reader, ...]
    replaces: str
    until: dt.date | None

    @property
    def is_of_plaintext(self) -> bool:
        """Whether the database can compare old values: none of them is ciphertext."""
        return all(isinstance(reader, Plaintext) for reader in self.readers)

    @property
    def is_authenticated(self) -> bool:
        """Whether a changed byte of an old value is certain to be noticed."""
        return all(reader.authenticated for reader in self.readers)

    @property
    def naive_is_utc(self) -> bool:
        """Whether a date-time without a zone is UTC: several packages wrote them so."""
        return not self.is_of_plaintext

    @property
    def database_reader(self) -> DatabaseReader | None:
        """The reader whose work the database does; it stands alone."""
        first = self.readers[0]
        return first if isinstance(first, DatabaseReader) else None

    def is_overdue(self, today: dt.date) -> bool:
        """Whether the declared end has passed."""
        return self.until is not None and today > self.until


def declared(accept: Sequence[Any], replaces: str, until: dt.date | None) -> Window | None:
    """Return the window that a field declares, or None: a field without one pays nothing for it."""
    return Window(tuple(accept), replaces, until) if accept else None
