"""The encrypted fields: each is Django's own field to Python, forms and serializers, and a binary column below."""

import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from ascend.fields.base import EncryptedField

if TYPE_CHECKING:
    _CharField = models.CharField[Any, Any]
    _TextField = models.TextField[Any, Any]
    _EmailField = models.EmailField[Any, Any]
    _DateField = models.DateField[Any, Any]
else:
    _CharField, _TextField, _EmailField, _DateField = (
        models.CharField,
        models.TextField,
        models.EmailField,
        models.DateField,
    )


class EncryptedCharField(EncryptedField, _CharField):
    """A `CharField` whose column holds envelopes. `max_length` counts characters of the value."""


class EncryptedTextField(EncryptedField, _TextField):
    """A `TextField` whose column holds envelopes."""


class EncryptedEmailField(EncryptedField, _EmailField):
    """An `EmailField` whose column holds envelopes."""


class EncryptedDateField(EncryptedField, _DateField):  # type: ignore[misc]
    """A `DateField` whose column holds envelopes of its 10 bytes in ISO 8601."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a date in the form YYYY-MM-DD."),
        "invalid_date": _("This date does not exist."),
    }
    is_text: ClassVar[bool] = False
    encode: ClassVar[Any] = staticmethod(dt.date.isoformat)
    decode: ClassVar[Any] = staticmethod(lambda plaintext: dt.date.fromisoformat(plaintext.decode()))

    def to_python(self, value: Any) -> dt.date | None:
        """Return the date of `value`, as Django does, but never an error that repeats it."""
        if isinstance(value, dt.datetime):
            local = timezone.make_naive(value) if timezone.is_aware(value) else value
            return local.date()
        if value is None or isinstance(value, dt.date):
            return value
        return self._parsed(value)

    def _parsed(self, value: object) -> dt.date:
        code = "invalid"
        try:
            parsed = parse_date(value) if isinstance(value, str) else None
        except ValueError:
            parsed, code = None, "invalid_date"
        if parsed is None:
            raise ValidationError(self.error_messages[code], code=code)
        return parsed
