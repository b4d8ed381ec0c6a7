"""The encrypted fields: each is Django's own field to Python, forms and serializers, and a binary column below."""

import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from ascend.fields.base import EncryptedField


class EncryptedCharField(EncryptedField, models.CharField):  # type: ignore[misc]
    """A `CharField` whose column holds envelopes. `max_length` counts characters of the value."""


class EncryptedTextField(EncryptedField, models.TextField):  # type: ignore[misc]
    """A `TextField` whose column holds envelopes."""


class EncryptedEmailField(EncryptedField, models.EmailField):  # type: ignore[misc]
    """An `EmailField` whose column holds envelopes."""


class EncryptedDateField(EncryptedField, models.DateField):  # type: ignore[misc]
    """A `DateField` whose column holds envelopes of its 10 bytes in ISO 8601."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a date in the form YYYY-MM-DD."),
        "invalid_date": _("This date does not exist."),
    }
    encode: ClassVar[Any] = staticmethod(datetime.date.isoformat)
    decode: ClassVar[Any] = staticmethod(lambda plaintext: datetime.date.fromisoformat(plaintext.decode()))

    def to_python(self, value: Any) -> datetime.date | None:
        """Return the date of `value`, as Django does, but never an error that repeats it."""
        if isinstance(value, datetime.datetime):
            local = timezone.make_naive(value) if timezone.is_aware(value) else value
            return local.date()
        if value is None or isinstance(value, datetime.date):
            return value
        return self._parsed(value)

    def _parsed(self, value: object) -> datetime.date:
        code = "invalid"
        try:
            parsed = parse_date(value) if isinstance(value, str) else None
        except ValueError:
            parsed, code = None, "invalid_date"
        if parsed is None:
            raise ValidationError(self.error_messages[code], code=code)
        return parsed
