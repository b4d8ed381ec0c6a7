"""System checks of the windows in which old values are read (`ascend.E131` and on)."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.apps import AppConfig, apps
from django.core import checks
from django.db import connections, models
from django.utils import timezone

from ascend.fields.accept import DatabaseReader, Reader
from ascend.fields.inventory import OpenWindow, encrypted_fields, open_windows
from ascend.fields.old_column import OldColumn
from ascend.fields.window import Window

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

Finding = Iterator[checks.CheckMessage]


def check_windows(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """Return what is wrong with `accept=`, `replaces=` and `accept_until=` in the installed apps."""
    asked = {model for config in app_configs for model in config.get_models()} if app_configs else None
    return [
        message
        for model in apps.get_models()
        if asked is None or model in asked
        for field in encrypted_fields(model)
        for message in check_field(field)
    ]


def check_rows(app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any) -> list[Any]:
    """Return the columns in which an old value stands although their window was closed (`check --database`).

    `migrate` asks as well, before there are any tables.
    """
    asked = {model for config in app_configs for model in config.get_models()} if app_configs else None
    return [
        checks.Error(
            f"{window.model._meta.label}.{window.field}: its window was closed, and {left} rows hold an old value.",
            hint="Somebody wrote them, or a backup was restored. Find out who, then run manage.py protect_column.",
            obj=window.model,
            id="ascend.E138",
        )
        for window in open_windows()
        for alias in databases or ()
        if (asked is None or window.model in asked) and (left := _left_behind(window, alias))
    ]


def _left_behind(window: OpenWindow, alias: str) -> int:
    """Count the old values in a column whose window was closed; a table that is not there has none."""
    from ascend.fields.watermarks import ClosedWindow  # a model

    marks = ClosedWindow.objects.all()
    if not (_exists(ClosedWindow, marks.db) and marks.filter(label=window.label).exists()):
        return 0
    return window.rows_left(alias) if _exists(window.model, alias) else 0


def _exists(model: type[models.Model], alias: str) -> bool:
    return model._meta.db_table in connections[alias].introspection.table_names()


def check_field(field: "EncryptedField") -> list[checks.CheckMessage]:
    """Return what is wrong with the window of one field."""
    if field.window is None:
        return list(_no_window(field))
    return [message for check in CHECKS for message in check(field, field.window)]


def _no_window(field: "EncryptedField") -> Finding:
    if field.replaces:
        yield _error("ascend.E131", field, "replaces= without accept= reads nothing.", "Name the readers in accept=.")


def _old_column(field: "EncryptedField", window: Window) -> Finding:
    columns = {column.name: column for column in field.model._meta.local_fields if isinstance(column, OldColumn)}
    replaced = columns.get(window.replaces)
    if replaced is None:
        yield _error(
            "ascend.E132",
            field,
            f'replaces="{window.replaces}" is no OldColumn of the model.',
            "Wrap the field that was there: ssn_old = OldColumn(models.CharField(..., db_column=...)).",
        )
    elif replaced.column == field.column:
        yield _error(
            "ascend.E136",
            field,
            "the old and the new values would share a column.",
            "Give the encrypted field a db_column= of its own: one column never holds both forms.",
        )


def _readers(field: "EncryptedField", window: Window) -> Finding:
    if not all(isinstance(reader, Reader) for reader in window.readers):
        yield _error(
            "ascend.E133",
            field,
            "accept= holds something that is no reader.",
            "Use ascend.fields.accept: Plaintext(), FernetFields(), …",
        )
    elif len(window.readers) > 1 and any(isinstance(reader, DatabaseReader) for reader in window.readers):
        yield _error(
            "ascend.E133",
            field,
            "a reader that the database works for stands alone.",
            "Move the rest by another field.",
        )
    elif field.unique and not window.is_of_plaintext:
        yield _error(
            "ascend.E137",
            field,
            "unique=True cannot be checked against ciphertext.",
            "Declare it when accept= is taken out, after everything has moved.",
        )


def _end(field: "EncryptedField", window: Window) -> Finding:
    if not isinstance(window.until, dt.date):
        yield _error(
            "ascend.E134",
            field,
            "the window has no end.",
            "Say accept_until=datetime.date(…), the day it is closed by.",
        )
    elif window.is_overdue(timezone.now().date()):
        yield checks.Warning(
            f"{field.label}: its window was to be closed by {window.until}.",
            hint="Run manage.py protect_column, then --close, then take accept= out.",
            obj=field,
            id="ascend.W135",
        )


CHECKS: Final[tuple[Callable[["EncryptedField", Window], Finding], ...]] = (_old_column, _readers, _end)


def _error(identity: str, field: "EncryptedField", message: str, hint: str) -> checks.Error:
    return checks.Error(f"{field.label}: {message}", hint=hint, obj=field, id=identity)
