"""Encrypted numbers and truth values. The octets of a column are of one size: they do not show how large a value is."""

import math
import struct
from collections.abc import Callable
from contextlib import suppress
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ascend.fields.generic import GT, ST, Plain
from ascend.fields.types.packed import EXACT_ONLY, EmptyIsNullField, PackedField, UnindexedField, octets

if TYPE_CHECKING:
    _IntegerField = models.IntegerField
    _BigIntegerField = models.BigIntegerField
    _PositiveIntegerField = models.PositiveIntegerField
    _FloatField = models.FloatField
    _DecimalField = models.DecimalField
    _BooleanField = models.BooleanField
else:
    _IntegerField = Plain(models.IntegerField)
    _BigIntegerField = Plain(models.BigIntegerField)
    _PositiveIntegerField = Plain(models.PositiveIntegerField)
    _FloatField = Plain(models.FloatField)
    _DecimalField = Plain(models.DecimalField)
    _BooleanField = Plain(models.BooleanField)

NUMBER_FAMILIES: Final = frozenset({"exact", "range-number"})
WHOLE_BYTES: Final = 8
_BINARY64: Final = struct.Struct(">d")
_NAN: Final = bytes.fromhex("7ff8000000000000")  # one of the many that IEEE 754 has
_TRUTH: Final = {b"\x00": False, b"\x01": True}


def whole(plaintext: bytes) -> int:
    """Return the integer of 8 octets, big-endian in two's complement.

    Raises:
        ValueError: there are not 8.
    """
    return int.from_bytes(octets(plaintext, WHOLE_BYTES), "big", signed=True)


def truth(plaintext: bytes) -> bool:
    """Return the truth value of one octet.

    Raises:
        ValueError: it is neither 0 nor 1.
    """
    if plaintext not in _TRUTH:
        raise ValueError("The stored value is no truth value.")
    return _TRUTH[plaintext]


def floating(plaintext: bytes) -> float:
    """Return the number of 8 octets in IEEE 754's binary64.

    Raises:
        ValueError: there are not 8.
    """
    number: float = _BINARY64.unpack(octets(plaintext, _BINARY64.size))[0]
    return number


def decimal(plaintext: bytes) -> Decimal:
    """Return the number of a sign, digits and a scale.

    Raises:
        ValueError: the octets are no such number.
    """
    text = plaintext.decode("ascii")
    whole_part, _point, fraction = text[1:].partition(".")
    if text[:1] not in {"+", "-"} or not (whole_part + fraction).isdecimal():
        raise ValueError("The stored value is no decimal.")
    return Decimal(text)


def without_scale(number: Decimal) -> str:
    """Return a number's digits without zeros at its end: 1.50 and 1.5 are one number to an index."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if number.is_zero() else text


class _WholeNumberField(PackedField[ST, GT]):
    """Whole numbers from `lowest` to `highest`, which a column of envelopes cannot enforce: sealing does."""

    lowest: ClassVar[int]
    highest: ClassVar[int]
    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a whole number."),
        "out_of_range": _("This number is out of the field's range."),
    }
    index_families: ClassVar[frozenset[str] | None] = NUMBER_FAMILIES
    encode: ClassVar[Any] = staticmethod(str)
    decode: ClassVar[Any] = staticmethod(whole)

    @cached_property
    def validators(self) -> list[Callable[[Any], None]]:
        """The field's own, and its range: Django asks the database for the range of a column of integers."""
        mine = [*self.default_validators, *self._validators]  # type: ignore[attr-defined]  # of Field, not in its stubs
        given = {type(validator) for validator in mine}
        limits = (MinValueValidator(self.lowest), MaxValueValidator(self.highest))
        return mine + [limit for limit in limits if type(limit) not in given]

    def pack(self, value: int) -> bytes:
        if not self.lowest <= value <= self.highest:
            self.not_storable("out_of_range")
        return value.to_bytes(WHOLE_BYTES, "big", signed=True)


class EncryptedIntegerField(_WholeNumberField[ST, GT], _IntegerField[ST, GT]):
    """An `IntegerField` (-2^31 to 2^31 - 1) whose column holds envelopes."""

    lowest, highest = -(2**31), 2**31 - 1


class EncryptedBigIntegerField(_WholeNumberField[ST, GT], _BigIntegerField[ST, GT]):
    """A `BigIntegerField` (-2^63 to 2^63 - 1) whose column holds envelopes."""

    lowest, highest = -(2**63), 2**63 - 1


class EncryptedPositiveIntegerField(_WholeNumberField[ST, GT], _PositiveIntegerField[ST, GT]):
    """A `PositiveIntegerField` (0 to 2^31 - 1) whose column holds envelopes."""

    lowest, highest = 0, 2**31 - 1


class EncryptedFloatField(UnindexedField[ST, GT], _FloatField[ST, GT]):
    """A `FloatField` whose column holds envelopes. It keeps every bit of a value, infinities and -0.0 included."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Enter a number.")}
    no_index_because: ClassVar[str] = (
        "0.1 + 0.2 is not 0.3 and 0.0 is -0.0: equality of floating-point numbers is not equality of their octets."
    )
    has_equality: ClassVar[bool] = False
    writes_back: ClassVar[bool] = False
    decode: ClassVar[Any] = staticmethod(floating)

    def pack(self, value: float) -> bytes:
        return _NAN if math.isnan(value) else _BINARY64.pack(value)


class EncryptedDecimalField(PackedField[ST, GT], _DecimalField[ST, GT]):  # type: ignore[misc]
    """A `DecimalField` whose column holds envelopes. What would have to be rounded is refused."""

    non_db_attrs = (*PackedField.non_db_attrs, "max_digits", "decimal_places")
    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a number."),
        "inexact": _("This number has more digits than the field keeps."),
    }
    index_families: ClassVar[frozenset[str] | None] = NUMBER_FAMILIES
    encode: ClassVar[Any] = staticmethod(without_scale)
    decode: ClassVar[Any] = staticmethod(decimal)

    def to_python(self, value: Any) -> Decimal | None:
        """Return the number; of a float as many digits as the field has, as Django does."""
        if isinstance(value, float):
            value = Context(prec=self.max_digits).create_decimal_from_float(value)
        number: Decimal | None = super().to_python(value)
        return number

    def pack(self, value: Decimal) -> bytes:
        exactly = Context(prec=self.max_digits, traps=[Inexact, InvalidOperation])
        kept = None
        with suppress(Inexact, InvalidOperation):  # raised outside, without a context
            kept = value.quantize(Decimal(1).scaleb(-self.decimal_places), context=exactly)
        if kept is None:
            self.not_storable("inexact")
        if kept.is_zero():
            kept = kept.copy_abs()
        width = self.max_digits + (2 if self.decimal_places else 1)  # a sign and a point
        return f"{kept:+0{width}f}".encode()


class EncryptedBooleanField(EmptyIsNullField[ST, GT], _BooleanField[ST, GT]):
    """A `BooleanField` whose column holds envelopes of one octet."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Choose yes or no."),
        "invalid_nullable": _("Choose yes, no or unknown."),
    }
    index_families: ClassVar[frozenset[str] | None] = EXACT_ONLY
    encode: ClassVar[Any] = staticmethod(lambda value: "1" if value else "0")
    decode: ClassVar[Any] = staticmethod(truth)

    def pack(self, value: bool) -> bytes:  # noqa: FBT001
        return b"\x01" if value else b"\x00"
