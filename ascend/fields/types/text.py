"""Encrypted fields of text. Their octets are the UTF-8 of the value, as it was given."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from ascend.fields.base import EncryptedField

if TYPE_CHECKING:
    _CharField = models.CharField[Any, Any]
    _TextField = models.TextField[Any, Any]
    _EmailField = models.EmailField[Any, Any]
    _URLField = models.URLField[Any, Any]
    _SlugField = models.SlugField[Any, Any]
else:
    _CharField, _TextField, _EmailField, _URLField, _SlugField = (
        models.CharField,
        models.TextField,
        models.EmailField,
        models.URLField,
        models.SlugField,
    )


class EncryptedCharField(EncryptedField, _CharField):
    """A `CharField` whose column holds envelopes. `max_length` counts characters of the value."""


class EncryptedTextField(EncryptedField, _TextField):
    """A `TextField` whose column holds envelopes."""


class EncryptedEmailField(EncryptedField, _EmailField):
    """An `EmailField` whose column holds envelopes."""


class EncryptedURLField(EncryptedField, _URLField):
    """A `URLField` whose column holds envelopes."""


class EncryptedSlugField(EncryptedField, _SlugField):
    """A `SlugField` whose column holds envelopes. It has an index if `indexes=` names one, and no other."""

    non_db_attrs = (*EncryptedField.non_db_attrs, "allow_unicode")

    def __init__(self, *args: Any, db_index: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, db_index=db_index, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if not self.db_index:  # type: ignore[attr-defined]  # of Field, not in its stubs
            kwargs.pop("db_index", None)
        return name, path, args, kwargs
