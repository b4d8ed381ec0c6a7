"""What all readers of old formats have in common."""

import re
from abc import ABC, abstractmethod
from dataclasses import MISSING, dataclass, fields
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final, NoReturn, TypeAlias
from uuid import UUID

from ascend.fields.accept.errors import DoesNotAuthenticate, NotThisFormat, UnreadableContent
from ascend.fields.accept.keys import check_source, name_of

Scalar: TypeAlias = str | bytes | bool | int | float | Decimal | date | time | timedelta | UUID
# What the old value was. A `datetime` is a `date`; lists and dictionaries come from JSON fields only.
OldValue: TypeAlias = Scalar | list[Any] | dict[str, Any]

# Marks an argument that says where keys are: its value is checked, and shown by name only.
SOURCE: Final = {"source": True}
# `bulk_update` of several packages encrypted the text of the SQL expression instead of the value.
WRECK: Final = re.compile(r"(Cast\()?(<Case: )?CASE WHEN <(WhereNode|Q)\b")


@dataclass(frozen=True, repr=False, kw_only=True)
class Reader(ABC):
    """Turns one stored value of one package into the plaintext, or raises; it never returns what it could not open.

    Arguments are settings' names, functions and plain options, so a reader may stand in a migration.
    """

    # Whether a changed byte is certain to be noticed. Rows of an unauthenticated format are listed as such.
    authenticated: ClassVar[bool]

    def __post_init__(self) -> None:
        for each in fields(self):
            unset = each.default is None and getattr(self, each.name) is None
            if "source" in each.metadata and not unset:
                check_source(each.name, getattr(self, each.name))

    @abstractmethod
    def read(self, stored: object) -> OldValue:
        """Return the plaintext of one stored value: what the database driver returned, never NULL.

        Numbers and dates come as the text that the package wrote; the field's `to_python` takes it from there.

        Raises:
            NotThisFormat: the package did not write this.
            DoesNotAuthenticate: it did, and no key opens it.
            UnreadableContent: it opened, and no value was inside.
        """

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        """Return the path and the arguments that differ from their defaults, as a migration needs them."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        defaults = {each.name: each.default for each in fields(self) if each.default is not MISSING}
        changed = {name: value for name, value in given.items() if value != defaults.get(name, MISSING)}
        return f"ascend.fields.accept.{type(self).__name__}", (), changed

    def __repr__(self) -> str:
        _, _, arguments = self.deconstruct()
        shown = (f"{name}={name_of(value) if callable(value) else repr(value)}" for name, value in arguments.items())
        return f"{type(self).__name__}({', '.join(shown)})"

    def octets(self, stored: object) -> bytes:
        """Return a stored text or binary value as bytes.

        Raises:
            NotThisFormat: it is NULL, a number or a date.
        """
        if isinstance(stored, str):
            return stored.encode("utf-8", "surrogatepass")
        if isinstance(stored, bytes | bytearray | memoryview):
            return bytes(stored)
        return self.not_this_format("the column holds neither text nor bytes")

    def text(self, opened: bytes) -> str:
        """Return opened bytes as the text they were.

        Raises:
            UnreadableContent: they are not UTF-8, or hold what a `bulk_update` of the package left.
        """
        text = _decoded(opened)
        if text is None:
            # Raised here and not while the decoder's error is handled: that one holds the plaintext.
            self.unreadable("it opened, and is not UTF-8 text")
        if WRECK.match(text):
            self.unreadable("a bulk_update of the old package encrypted an expression here; the value is lost")
        return text

    def not_this_format(self, why: str) -> NoReturn:
        raise NotThisFormat(type(self).__name__, why)

    def does_not_authenticate(self) -> NoReturn:
        raise DoesNotAuthenticate(type(self).__name__, "no key opens it: it was written with another, or changed")

    def unreadable(self, why: str) -> NoReturn:
        raise UnreadableContent(type(self).__name__, why)


def _decoded(opened: bytes) -> str | None:
    try:
        return opened.decode()
    except UnicodeDecodeError:
        return None
