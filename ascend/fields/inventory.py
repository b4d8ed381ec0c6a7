"""Which columns of the installed apps are encrypted, how they are bound and what can be searched."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from ascend.fields.base import EncryptedField


@dataclass(frozen=True, slots=True)
class ProtectedField:
    """One encrypted column. `label` is its context label; `indexes` are the names of its blind indexes."""

    model: type[models.Model]
    field: str
    label: str
    bind: str
    indexes: tuple[str, ...]


def protected_fields() -> list[ProtectedField]:
    """Return every encrypted column of the installed apps, ordered by model and field."""
    found = [
        ProtectedField(
            model=model,
            field=field.name,
            label=field.context,
            bind=str(field.scheme.bind),
            indexes=tuple(index.name for index in field.scheme.indexes),
        )
        for model in apps.get_models()
        for field in encrypted_fields(model)
    ]
    return sorted(found, key=lambda protected: (protected.model._meta.label, protected.field))


def encrypted_fields(model: type[models.Model]) -> Iterator[EncryptedField]:
    """Yield the encrypted fields whose columns are in the model's own table."""
    if not model._meta.proxy:
        yield from (field for field in model._meta.local_fields if isinstance(field, EncryptedField))
