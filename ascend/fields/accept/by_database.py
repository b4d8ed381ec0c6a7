"""Readers whose work the database does: they say how a query asks for the plaintext, and take what it answers.

The key is a parameter of the query and never part of its text. Whether it stays out of the server's logs then
depends on the driver: psycopg merges parameters into the text unless the connection has
`OPTIONS = {"server_side_binding": True}`, and `log_parameter_max_length` must be 0. Where there is a reader that
works in this process, it is the better one.
"""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Final, NoReturn

from ascend.fields.accept.errors import DoesNotAuthenticate, OldFormatError
from ascend.fields.accept.reader import OldValue, Reader

# What pgcrypto raises for a wrong key and for damaged data alike (ERRCODE_EXTERNAL_ROUTINE_INVOCATION_EXCEPTION).
WRONG_KEY_OR_CORRUPT: Final = "39000"


@dataclass(frozen=True)
class Expression:
    """A piece of SQL with `%s` for each parameter."""

    sql: str
    params: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, repr=False, kw_only=True)
class DatabaseReader(Reader):
    """A reader of columns that only the database opens: `expression` asks, and `answer` takes what comes back."""

    authenticated: ClassVar[bool] = True
    vendor: ClassVar[str] = "postgresql"
    extension: ClassVar[str] = "pgcrypto"

    @abstractmethod
    def expression(self, column: str) -> Expression:
        """Return the SQL that opens a column, as text.

        Args:
            column: the column as it stands in the query, quoted and qualified by the caller
                ('"people_person"."ssn"'), with every percent sign doubled.
        """

    def read(self, stored: object) -> NoReturn:
        """Refuse the stored bytes: only the database opens them.

        Raises:
            NotThisFormat: always, so that nothing passes through `read_old` as its own plaintext.
        """
        self.not_this_format("only the database reads this column; ask it with expression()")

    def answer(self, answered: object) -> OldValue:
        """Return the plaintext from what the expression answered.

        Raises:
            NotThisFormat: the answer is no text, as it is for NULL.
        """
        if not isinstance(answered, str):
            self.not_this_format("the database answered with something else than text")
        return answered

    def refusal(self, sqlstate: str | None) -> OldFormatError | None:
        """Return the typed error for what the server raised, or None if the failure is another one.

        The transaction has ended by then: ask for one row at a time inside a savepoint to learn which.
        """
        if sqlstate != WRONG_KEY_OR_CORRUPT:
            return None
        return DoesNotAuthenticate(type(self).__name__, "the server says: wrong key or corrupt data")
