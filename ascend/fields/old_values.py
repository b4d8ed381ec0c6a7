"""From an old value to what the field gives: through the readers, and never from the new column.

A query selects either form in one expression (`ascend.fields.columns`), with one octet before it that says which
column it came from. That octet is a literal in the statement; no stored byte can stand in for it.
"""

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Never

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import Error
from django.utils import timezone

from ascend import journal
from ascend.fields import converters, old_column, old_octets
from ascend.fields.accept import DatabaseReader, OldFormatError, OldValue, UnreadableContent, read_old
from ascend.fields.errors import OperationRefused, WindowClosed, refuse
from ascend.fields.held_values import Sealed
from ascend.fields.window import OLD
from ascend.scope import current_organization

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

_MARK = slice(1)
_REST = slice(1, None)


class OldForm(Sealed):
    """A row-bound value that still stands in its old column, as a query returned it. It is not pickled."""

    __slots__ = ("using",)

    def __init__(self, octets: bytes, field: "EncryptedField", using: str) -> None:
        super().__init__(octets, field)
        self.using = using

    def read(self) -> Any:
        """Return the value (see `read`)."""
        return read(self.field, self.envelope, connections[self.using])

    def __reduce__(self) -> Never:
        raise OperationRefused(f"{self.field.label}: a value in its old form is not pickled. Save the instance first.")


def read(field: "EncryptedField", octets: bytes, connection: BaseDatabaseWrapper) -> Any:
    """Return the value of one old form, as the field's `to_python` makes it.

    Raises:
        OldFormatError: no reader opens it, or what it opened is no value of the field.
        WindowClosed: no old value may stand here any more.
    """
    _refuse_after_closing(field)
    return value_of(field, octets, connection)


def value_of(field: "EncryptedField", octets: bytes, connection: BaseDatabaseWrapper) -> Any:
    """Return the value of one old form, whether or not the window is still open.

    Raises:
        OldFormatError: no reader opens it, or what it opened is no value of the field.
    """
    window: Any = field.window
    if window.database_reader is not None:
        return as_value(field, asked(window.database_reader, octets, connection))
    stored = old_octets.decode(old_column.of(field).holds, octets, connection)
    if len(window.readers) == 1:  # its own refusal says more than "no reader knows it"
        return as_value(field, window.readers[0].read(stored))
    return as_value(field, read_old(window.readers, stored))


def asked(reader: DatabaseReader, octets: bytes, connection: BaseDatabaseWrapper) -> OldValue:
    """Return what the database answers for one value, in a savepoint of its own.

    Raises:
        OldFormatError: the server does not open it.
    """
    question = reader.expression('"old"."value"')
    sql = f'SELECT {question.sql} FROM (SELECT %s::bytea AS "value") AS "old"'  # noqa: S608 (constant but for the reader's SQL)
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(sql, (*question.params, octets))
            return reader.answer(cursor.fetchone()[0])
    except Error as error:
        refusal = reader.refusal(getattr(error.__cause__, "sqlstate", None))
        if refusal is None:
            raise
    raise refusal


def as_value(field: "EncryptedField", old: OldValue | None) -> Any:
    """Return what a reader gave as a value of the field; a date-time without a zone as the package meant it.

    Raises:
        UnreadableContent: it is no value of the field's type.
    """
    try:
        value = field.to_python(old)
    except (ValidationError, ValueError, TypeError):
        pass  # raised outside: its context would hold the value
    else:
        return _with_zone(field, value)
    raise UnreadableContent(type(field).__name__, "it was read, and is no value of this type")


def _with_zone(field: "EncryptedField", value: Any) -> Any:
    window: Any = field.window
    if not (isinstance(value, dt.datetime) and settings.USE_TZ and timezone.is_naive(value)):
        return value
    return timezone.make_aware(value, dt.UTC if window.naive_is_utc else None)


def _refuse_after_closing(field: "EncryptedField") -> None:
    from ascend.fields import watermarks  # a model: the project's own may be imported before it
    from ascend.keychain import database

    if watermarks.is_closed(field.context):
        organization_id, details = current_organization(), {"label": field.context}
        # The error that follows ends the caller's transaction; the event must outlive it.
        database.apart(lambda: journal.emit("fields:window:violate", organization_id=organization_id, details=details))
        raise WindowClosed(field.label)


def converter(field: "EncryptedField") -> Callable[[Any, Any, Any], Any]:
    """Return what reads a selected column of either form."""
    new = converters.sealed_as_read(field) if field.scheme.is_row_bound else converters.opened(field)

    def convert(value: Any, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        octets = bytes(value)
        if octets[_MARK] != OLD:
            return new(octets[_REST], expression, connection)
        current_organization()  # as for an envelope: nothing is read without one in force
        if field.scheme.is_row_bound:
            return OldForm(octets[_REST], field, connection.alias)
        return read(field, octets[_REST], connection)

    return convert


def converter_of_raw_sql(field: "EncryptedField") -> Callable[[Any, Any, Any], Any]:
    """Return what reads the new column alone: SQL of the project's own cannot say what stands beside it."""
    new = converters.sealed_as_read(field) if field.scheme.is_row_bound else converters.opened(field)

    def convert(value: Any, expression: Any, connection: Any) -> Any:
        if value is None:
            refuse(
                field.label,
                "reading NULL by raw SQL while values move",
                "The value may stand in its old column.",
                "Use a queryset, or leave the column out.",
            )
        return new(value, expression, connection)

    return convert


__all__ = ["OldForm", "OldFormatError", "as_value", "converter", "converter_of_raw_sql", "read", "value_of"]
