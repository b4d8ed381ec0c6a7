# What a type checker is told of each field: `person.ssn` is a `str`, with `null=True` a `str | None`.
# django-stubs' plugin for mypy says the same; without it, and to other checkers, these overloads do.

import datetime as dt
from decimal import Decimal
from typing import Any, Literal, TypeAlias, overload
from uuid import UUID

from django.db import models

from ascend.fields.base import EncryptedField
from ascend.fields.generic import GT, ST

No: TypeAlias = Literal[False]
Yes: TypeAlias = Literal[True]

class EncryptedBigIntegerField(EncryptedField[ST, GT], models.BigIntegerField[ST, GT]):
    @overload
    def __init__(
        self: EncryptedBigIntegerField[int | str, int], *args: Any, null: No = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedBigIntegerField[int | str | None, int | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedBinaryField(EncryptedField[ST, GT], models.BinaryField[ST, GT]):
    @overload
    def __init__(
        self: EncryptedBinaryField[bytes | bytearray | memoryview, bytes], *args: Any, null: No = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedBinaryField[bytes | bytearray | memoryview | None, bytes | None],
        *args: Any,
        null: Yes,
        **options: Any,
    ) -> None: ...

class EncryptedBooleanField(EncryptedField[ST, GT], models.BooleanField[ST, GT]):
    @overload
    def __init__(self: EncryptedBooleanField[bool, bool], *args: Any, null: No = False, **options: Any) -> None: ...
    @overload
    def __init__(
        self: EncryptedBooleanField[bool | None, bool | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedCharField(EncryptedField[ST, GT], models.CharField[ST, GT]):
    @overload
    def __init__(self: EncryptedCharField[str, str], *args: Any, null: No = False, **options: Any) -> None: ...
    @overload
    def __init__(self: EncryptedCharField[str | None, str | None], *args: Any, null: Yes, **options: Any) -> None: ...

class EncryptedDateField(EncryptedField[ST, GT], models.DateField[ST, GT]):  # type: ignore[misc]
    @overload
    def __init__(
        self: EncryptedDateField[dt.date | str, dt.date], *args: Any, null: No = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedDateField[dt.date | str | None, dt.date | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedDateTimeField(EncryptedField[ST, GT], models.DateTimeField[ST, GT]):  # type: ignore[misc]
    @overload
    def __init__(
        self: EncryptedDateTimeField[dt.datetime | dt.date | str, dt.datetime],
        *args: Any,
        null: No = False,
        **options: Any,
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedDateTimeField[dt.datetime | dt.date | str | None, dt.datetime | None],
        *args: Any,
        null: Yes,
        **options: Any,
    ) -> None: ...

class EncryptedDecimalField(EncryptedField[ST, GT], models.DecimalField[ST, GT]):  # type: ignore[misc]
    @overload
    def __init__(
        self: EncryptedDecimalField[Decimal | int | str, Decimal], *args: Any, null: No = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedDecimalField[Decimal | int | str | None, Decimal | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedDurationField(EncryptedField[ST, GT], models.DurationField[ST, GT]):
    @overload
    def __init__(
        self: EncryptedDurationField[dt.timedelta, dt.timedelta], *args: Any, null: No = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedDurationField[dt.timedelta | None, dt.timedelta | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedEmailField(EncryptedField[ST, GT], models.EmailField[ST, GT]):
    @overload
    def __init__(self: EncryptedEmailField[str, str], *args: Any, null: No = False, **options: Any) -> None: ...
    @overload
    def __init__(self: EncryptedEmailField[str | None, str | None], *args: Any, null: Yes, **options: Any) -> None: ...

class EncryptedFloatField(EncryptedField[ST, GT], models.FloatField[ST, GT]):
    @overload
    def __init__(
        self: EncryptedFloatField[float | int | str, float], *args: Any, null: No = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedFloatField[float | int | str | None, float | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedGenericIPAddressField(EncryptedField[ST, GT], models.GenericIPAddressField[ST, GT]):
    @overload
    def __init__(
        self: EncryptedGenericIPAddressField[str, str], *args: Any, null: No = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedGenericIPAddressField[str | None, str | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedIntegerField(EncryptedField[ST, GT], models.IntegerField[ST, GT]):
    @overload
    def __init__(self: EncryptedIntegerField[int | str, int], *args: Any, null: No = False, **options: Any) -> None: ...
    @overload
    def __init__(
        self: EncryptedIntegerField[int | str | None, int | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedJSONField(EncryptedField[ST, GT], models.JSONField[ST, GT]):
    @overload
    def __init__(self: EncryptedJSONField[Any, Any], *args: Any, null: No = False, **options: Any) -> None: ...
    @overload
    def __init__(self: EncryptedJSONField[Any, Any], *args: Any, null: Yes, **options: Any) -> None: ...

class EncryptedPositiveIntegerField(EncryptedField[ST, GT], models.PositiveIntegerField[ST, GT]):
    @overload
    def __init__(
        self: EncryptedPositiveIntegerField[int | str, int], *args: Any, null: No = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedPositiveIntegerField[int | str | None, int | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedSlugField(EncryptedField[ST, GT], models.SlugField[ST, GT]):
    @overload
    def __init__(self: EncryptedSlugField[str, str], *args: Any, null: No = False, **options: Any) -> None: ...
    @overload
    def __init__(self: EncryptedSlugField[str | None, str | None], *args: Any, null: Yes, **options: Any) -> None: ...

class EncryptedTextField(EncryptedField[ST, GT], models.TextField[ST, GT]):
    @overload
    def __init__(self: EncryptedTextField[str, str], *args: Any, null: No = False, **options: Any) -> None: ...
    @overload
    def __init__(self: EncryptedTextField[str | None, str | None], *args: Any, null: Yes, **options: Any) -> None: ...

class EncryptedTimeField(EncryptedField[ST, GT], models.TimeField[ST, GT]):
    @overload
    def __init__(
        self: EncryptedTimeField[dt.time | str, dt.time], *args: Any, null: No = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: EncryptedTimeField[dt.time | str | None, dt.time | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

class EncryptedURLField(EncryptedField[ST, GT], models.URLField[ST, GT]):
    @overload
    def __init__(self: EncryptedURLField[str, str], *args: Any, null: No = False, **options: Any) -> None: ...
    @overload
    def __init__(self: EncryptedURLField[str | None, str | None], *args: Any, null: Yes, **options: Any) -> None: ...

class EncryptedUUIDField(EncryptedField[ST, GT], models.UUIDField[ST, GT]):
    @overload
    def __init__(self: EncryptedUUIDField[UUID | str, UUID], *args: Any, null: No = False, **options: Any) -> None: ...
    @overload
    def __init__(
        self: EncryptedUUIDField[UUID | str | None, UUID | None], *args: Any, null: Yes, **options: Any
    ) -> None: ...

__all__ = [
    "EncryptedBigIntegerField",
    "EncryptedBinaryField",
    "EncryptedBooleanField",
    "EncryptedCharField",
    "EncryptedDateField",
    "EncryptedDateTimeField",
    "EncryptedDecimalField",
    "EncryptedDurationField",
    "EncryptedEmailField",
    "EncryptedFloatField",
    "EncryptedGenericIPAddressField",
    "EncryptedIntegerField",
    "EncryptedJSONField",
    "EncryptedPositiveIntegerField",
    "EncryptedSlugField",
    "EncryptedTextField",
    "EncryptedTimeField",
    "EncryptedURLField",
    "EncryptedUUIDField",
]
