"""Encrypted dates, times and durations, in octets of one size for each type."""

import datetime as dt
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from ascend.fields.base import EncryptedField
from ascend.fields.generic import GT, ST, Plain
from ascend.fields.types.packed import EXACT_ONLY, PackedField, QuietField, octets

if TYPE_CHECKING:
    _DateField = models.DateField
    _DateTimeField = models.DateTimeField
    _TimeField = models.TimeField
    _DurationField = models.DurationField
else:
    _DateField = Plain(models.DateField)
    _DateTimeField = Plain(models.DateTimeField)
    _TimeField = Plain(models.TimeField)
    _DurationField = Plain(models.DurationField)

DATE_FAMILIES: Final = frozenset({"exact", "year", "month", "range-date"})
_DURATION_BYTES: Final = 10  # timedelta goes to 10^9 days, which is more than 2^63 microseconds
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class EncryptedDateField(EncryptedField[ST, GT], _DateField[ST, GT]):  # type: ignore[misc]
    """A `DateField` whose column holds envelopes of its 10 bytes in ISO 8601."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a date in the form YYYY-MM-DD."),
        "invalid_date": _("This date does not exist."),
    }
    is_text: ClassVar[bool] = False
    index_families: ClassVar[frozenset[str] | None] = DATE_FAMILIES
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


def moment(plaintext: bytes) -> dt.datetime:
    """Return the date and time of an ISO 8601 text, aware if the project uses time zones.

    Raises:
        ValueError: the octets are no such text.
    """
    value = dt.datetime.fromisoformat(plaintext.decode("ascii"))
    if timezone.is_aware(value) == settings.USE_TZ:
        return value
    return timezone.make_aware(value) if settings.USE_TZ else timezone.make_naive(value)


def microseconds(value: dt.timedelta) -> int:
    """Return a duration in microseconds."""
    return value // _MICROSECOND


class EncryptedDateTimeField(QuietField[ST, GT], _DateTimeField[ST, GT]):  # type: ignore[misc]
    """A `DateTimeField` whose column holds envelopes of 27 bytes in ISO 8601: UTC, with microseconds."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a date and time in the form YYYY-MM-DD HH:MM[:SS]."),
        "invalid_date": _("This date does not exist."),
        "invalid_datetime": _("This date or time does not exist."),
    }
    index_families: ClassVar[frozenset[str] | None] = DATE_FAMILIES
    decode: ClassVar[Any] = staticmethod(moment)

    def to_python(self, value: Any) -> dt.datetime | None:
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            value = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 (made aware below)
        parsed: dt.datetime | None = super().to_python(value)
        return parsed

    def encode(self, value: dt.datetime) -> str:
        """Return 27 characters, ending in Z; without time zones, 26."""
        if not settings.USE_TZ:
            return _local(value).isoformat(timespec="microseconds")
        if timezone.is_naive(value):
            warnings.warn(
                f"{self.label} received a naive datetime while time zone support is active.", RuntimeWarning, 2
            )
            value = timezone.make_aware(value)
        universal = None
        with suppress(OverflowError):  # raised outside, without the value
            universal = value.astimezone(dt.UTC)
        if universal is None:
            self.not_storable("invalid_datetime")
        return universal.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _local(value: dt.datetime) -> dt.datetime:
    return timezone.make_naive(value) if timezone.is_aware(value) else value


class EncryptedTimeField(QuietField[ST, GT], _TimeField[ST, GT]):
    """A `TimeField` whose column holds envelopes of 15 bytes in ISO 8601, with microseconds."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a time in the form HH:MM[:SS]."),
        "invalid_time": _("This time does not exist."),
    }
    index_families: ClassVar[frozenset[str] | None] = EXACT_ONLY
    decode: ClassVar[Any] = staticmethod(lambda plaintext: dt.time.fromisoformat(plaintext.decode("ascii")))

    def encode(self, value: dt.time) -> str:
        """Return 15 characters. A time of day has no zone of its own, as in a plain column."""
        if value.tzinfo is not None:
            self.not_storable()
        return value.isoformat(timespec="microseconds")


class EncryptedDurationField(PackedField[ST, GT], _DurationField[ST, GT]):
    """A `DurationField` whose column holds envelopes of 10 octets: microseconds, big-endian in two's complement."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a duration in the form [DD] [[HH:]MM:]SS[.uuuuuu]."),
    }
    index_families: ClassVar[frozenset[str] | None] = EXACT_ONLY
    encode: ClassVar[Any] = staticmethod(lambda value: str(microseconds(value)))

    def pack(self, value: dt.timedelta) -> bytes:
        return microseconds(value).to_bytes(_DURATION_BYTES, "big", signed=True)

    @staticmethod
    def decode(plaintext: bytes) -> dt.timedelta:
        count = int.from_bytes(octets(plaintext, _DURATION_BYTES), "big", signed=True)
        try:
            return count * _MICROSECOND
        except OverflowError:
            raise ValueError("The stored value is no duration.") from None
