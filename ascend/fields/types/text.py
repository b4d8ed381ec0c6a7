"""Encrypted fields of text. Their octets are the UTF-8 of the value, as it was given."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from ascend.fields.base import EncryptedField
from ascend.fields.generic import GT, ST, Plain

if TYPE_CHECKING:
    _CharField = models.CharField
    _TextField = models.TextField
    _EmailField = models.EmailField
    _URLField = models.URLField
    _SlugField = models.SlugField
else:
    _CharField = Plain(models.CharField)
    _TextField = Plain(models.TextField)
    _EmailField = Plain(models.EmailField)
    _URLField = Plain(models.URLField)
    _SlugField = Plain(models.SlugField)


class EncryptedCharField(EncryptedField[ST, GT], _CharField[ST, GT]):
    """A `CharField` whose column holds envelopes. `max_length` counts characters of the value."""


class EncryptedTextField(EncryptedField[ST, GT], _TextField[ST, GT]):
    """A `TextField` whose column holds envelopes."""


class EncryptedEmailField(EncryptedField[ST, GT], _EmailField[ST, GT]):
    """An `EmailField` whose column holds envelopes."""


class EncryptedURLField(EncryptedField[ST, GT], _URLField[ST, GT]):
    """A `URLField` whose column holds envelopes."""


class EncryptedSlugField(EncryptedField[ST, GT], _SlugField[ST, GT]):
    """A `SlugField` whose column holds envelopes. It has an index if `indexes=` names one, and no other."""

    non_db_attrs = (*EncryptedField.non_db_attrs, "allow_unicode")

    def __init__(self, *args: Any, null: bool = False, **kwargs: Any) -> None:
        if not kwargs.get("deterministic"):  # Django's own is indexed unless it says otherwise
            kwargs.setdefault("db_index", False)
        super().__init__(*args, null=null, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if not (self.db_index or self.scheme.is_deterministic):  # type: ignore[attr-defined]  # of Field
            kwargs.pop("db_index", None)
        return name, path, args, kwargs
