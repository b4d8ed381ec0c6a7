"""Which columns of the installed apps are encrypted, how they are bound and what can be searched."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections, models, router

from ascend.fields.base import EncryptedField


@dataclass(frozen=True, slots=True)
class ProtectedField:
    """One encrypted column. `label` is its context label; `indexes` are the names of its blind indexes.

    Of a deterministic column, and of the indexes of a join group, a reader of the database learns which values are
    equal and how often each occurs, in all columns of the group.
    """

    model: type[models.Model]
    field: str
    label: str
    bind: str
    indexes: tuple[str, ...]
    is_deterministic: bool = False
    join_group: str = ""


def protected_fields() -> list[ProtectedField]:
    """Return every encrypted column of the installed apps, ordered by model and field."""
    found = [
        ProtectedField(
            model=model,
            field=field.name,
            label=field.context,
            bind=str(field.scheme.bind),
            indexes=tuple(index.name for index in field.scheme.indexes),
            is_deterministic=field.scheme.is_deterministic,
            join_group=field.scheme.join_group,
        )
        for model in apps.get_models()
        for field in encrypted_fields(model)
    ]
    return sorted(found, key=lambda protected: (protected.model._meta.label, protected.field))


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """One column that is read in an old form as well. What still has that form is not protected by us.

    `replaces` is the model field of the old column; `readers` say what may stand there. `authenticated` is False
    where a changed old value may go unnoticed: those rows are to be listed as unauthenticated.
    """

    model: type[models.Model]
    field: str
    label: str
    replaces: str
    readers: tuple[str, ...]
    authenticated: bool
    until: dt.date | None

    def rows_left(self, using: str | None = None) -> int:
        """Count the rows whose old column is not NULL: one scan of the table."""
        connection = connections[using or router.db_for_read(self.model)]
        quote = connection.ops.quote_name
        old: Any = self.model._meta.get_field(self.replaces)
        statement = f"SELECT count(*) FROM {quote(self.model._meta.db_table)} WHERE {quote(old.column)} IS NOT NULL"  # noqa: S608 (names of the model's own)
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.fetchone()[0])


def open_windows() -> list[OpenWindow]:
    """Return every column of the installed apps that declares `accept=`, ordered as `protected_fields()`."""
    found = []
    for protected in protected_fields():
        window = getattr(protected.model._meta.get_field(protected.field), "window", None)
        if window is not None:
            names = tuple(type(reader).__name__ for reader in window.readers)
            found.append(
                OpenWindow(
                    model=protected.model,
                    field=protected.field,
                    label=protected.label,
                    replaces=window.replaces,
                    readers=names,
                    authenticated=window.is_authenticated,
                    until=window.until,
                )
            )
    return found


def encrypted_fields(model: type[models.Model]) -> Iterator[EncryptedField]:
    """Yield the encrypted fields whose columns are in the model's own table."""
    if not model._meta.proxy:
        yield from (field for field in model._meta.local_fields if isinstance(field, EncryptedField))
