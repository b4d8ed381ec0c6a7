"""The second column of a deterministic field: `email_deterministic_b`, for its values under the next key.

Values under two keys do not compare. So a join group's key is succeeded as an index key is: while both
columns are written, the database compares the one that is complete (docs/spec/fields.md, section 6).
Until then it is NULL. No form, serializer or fixture sees it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

    _Field = models.Field[Any, Any]
else:
    _Field = models.Field

MARIADB_BYTES = (1041, 3072)
"""Widths of a column that MySQL and MariaDB can index: an e-mail address at 4 bytes a character, and their limit."""
LONG_CHARACTERS = 254

_FIXED: dict[str, Any] = {"null": True, "editable": False, "serialize": False}


class SecondColumn(_Field):
    """Envelopes of a deterministic field under the next key of its group; NULL while there is none."""

    description = "Next generation of a deterministic field"
    empty_strings_allowed = False

    def __init__(self, *, of: str, **kwargs: Any) -> None:
        self.of = of
        super().__init__(**{**kwargs, **_FIXED})

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        for option in _FIXED:
            kwargs.pop(option, None)
        return name, "ascend.fields.SecondColumn", args, {**kwargs, "of": self.of}

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002
        # SQLite rebuilds a table from a copy of every field; the encrypted one has then added this already.
        if not any(field.name == name for field in cls._meta.local_fields):
            super().contribute_to_class(cls, name, private_only=private_only)

    def get_internal_type(self) -> str:
        return "BinaryField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return self.model._meta.get_field(self.of).db_type(connection)


def indexed_type(field: "EncryptedField") -> str:
    """Return the type on MySQL and MariaDB, which index no BLOB. Their strict mode refuses what is longer."""
    fits = field.max_length is not None and field.max_length <= LONG_CHARACTERS
    return f"varbinary({MARIADB_BYTES[field.is_text and not fits]})"


def name_for(field_name: str) -> str:
    """Return the name of a deterministic field's second column."""
    return f"{field_name}_deterministic_b"


def add_to(model: type[models.Model], field: "EncryptedField") -> None:
    """Give `model` the second column of `field`, if its values are deterministic."""
    name = name_for(field.name)
    if field.scheme.is_deterministic and not any(present.name == name for present in model._meta.local_fields):
        model.add_to_class(name, SecondColumn(of=field.name))
