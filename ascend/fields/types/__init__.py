"""The encrypted fields, by family. Each is Django's own field to Python, forms and serializers.

What each seals is fixed in docs/spec/fields.md, section 5.
"""

from ascend.fields.types.identifiers import EncryptedGenericIPAddressField, EncryptedUUIDField
from ascend.fields.types.numbers import (
    EncryptedBigIntegerField,
    EncryptedBooleanField,
    EncryptedDecimalField,
    EncryptedFloatField,
    EncryptedIntegerField,
    EncryptedPositiveIntegerField,
)
from ascend.fields.types.objects import EncryptedBinaryField, EncryptedJSONField
from ascend.fields.types.text import (
    EncryptedCharField,
    EncryptedEmailField,
    EncryptedSlugField,
    EncryptedTextField,
    EncryptedURLField,
)
from ascend.fields.types.times import (
    EncryptedDateField,
    EncryptedDateTimeField,
    EncryptedDurationField,
    EncryptedTimeField,
)

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
