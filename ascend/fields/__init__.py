"""Encrypted model fields. Guide: docs/guides/fields.md; what is stored and what is refused: docs/spec/fields.md."""

from ascend.fields.errors import OperationRefused
from ascend.fields.held_values import Sealed
from ascend.fields.index_column import IndexColumn
from ascend.fields.inventory import ProtectedField, protected_fields
from ascend.fields.querysets import EncryptedManager, EncryptedQuerySet
from ascend.fields.scheme import Binding, Index
from ascend.fields.types import EncryptedCharField, EncryptedDateField, EncryptedEmailField, EncryptedTextField

__all__ = [
    "Binding",
    "EncryptedCharField",
    "EncryptedDateField",
    "EncryptedEmailField",
    "EncryptedManager",
    "EncryptedQuerySet",
    "EncryptedTextField",
    "Index",
    "IndexColumn",
    "OperationRefused",
    "ProtectedField",
    "Sealed",
    "protected_fields",
]
