"""Encrypted model fields. Guide: docs/guides/fields.md; what is stored and what is refused: docs/spec/fields.md."""

from ascend.fields.digest_sets import DigestIndex
from ascend.fields.errors import OperationRefused, WindowClosed
from ascend.fields.held_values import Sealed
from ascend.fields.index_column import IndexColumn
from ascend.fields.inventory import OpenWindow, ProtectedField, open_windows, protected_fields
from ascend.fields.old_column import OldColumn
from ascend.fields.querysets import EncryptedManager, EncryptedQuerySet
from ascend.fields.scheme import Binding, Index
from ascend.fields.second_column import SecondColumn
from ascend.fields.types import (
    EncryptedBigIntegerField,
    EncryptedBinaryField,
    EncryptedBooleanField,
    EncryptedCharField,
    EncryptedDateField,
    EncryptedDateTimeField,
    EncryptedDecimalField,
    EncryptedDurationField,
    EncryptedEmailField,
    EncryptedFloatField,
    EncryptedGenericIPAddressField,
    EncryptedIntegerField,
    EncryptedJSONField,
    EncryptedPositiveIntegerField,
    EncryptedSlugField,
    EncryptedTextField,
    EncryptedTimeField,
    EncryptedURLField,
    EncryptedUUIDField,
)

__all__ = [
    "Binding",
    "DigestIndex",
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
    "EncryptedManager",
    "EncryptedPositiveIntegerField",
    "EncryptedQuerySet",
    "EncryptedSlugField",
    "EncryptedTextField",
    "EncryptedTimeField",
    "EncryptedURLField",
    "EncryptedUUIDField",
    "Index",
    "IndexColumn",
    "OldColumn",
    "OpenWindow",
    "OperationRefused",
    "ProtectedField",
    "Sealed",
    "SecondColumn",
    "WindowClosed",
    "open_windows",
    "protected_fields",
]
