"""What the types that are not text share: octets of their own, and errors that do not repeat the value."""

from typing import Any, ClassVar, NoReturn

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from ascend.fields import validation
from ascend.fields.base import EncryptedField
from ascend.fields.errors import refuse
from ascend.fields.generic import GT, ST

EXACT_ONLY = frozenset({"exact"})


class QuietField(EncryptedField[ST, GT]):
    """A field whose `to_python` may fail: Django's own errors hold what they could not read."""

    is_text: ClassVar[bool] = False

    def to_python(self, value: Any) -> Any:
        return validation.without_values(super().to_python, value)

    def not_storable(self, code: str = "invalid") -> NoReturn:
        """Refuse a value that the column could not give back as it is.

        Raises:
            ValidationError: always; it does not hold the value.
        """
        raise ValidationError(self.error_messages[code], code=code)


class PackedField(QuietField[ST, GT]):
    """A field that seals `pack(value)`; `encode` gives the text that its indexes hash."""

    def pack(self, value: Any) -> bytes:
        """Return the canonical octets of a value that `to_python` has passed.

        Raises:
            ValidationError: the column cannot hold it.
        """
        raise NotImplementedError

    def octets_of(self, value: Any) -> bytes:
        return self.pack(self.to_python(value))


class EmptyIsNullField(PackedField[ST, GT]):
    """A packed field whose forms give the empty string for "nothing", which Django's own field stores as NULL."""

    empty_is_null: ClassVar[bool] = True

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001
        if getattr(model_instance, self.attname) == "":
            setattr(model_instance, self.attname, None)
        return super().pre_save(model_instance, add)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        return super().get_db_prep_save(None if isinstance(value, str) and not value else value, connection)


class UnindexedField(PackedField[ST, GT]):
    """A field whose values no index can stand for, and which says why."""

    index_families: ClassVar[frozenset[str] | None] = frozenset()

    def text_of(self, value: Any) -> str:
        refuse(self.label, "an index", self.no_index_because, "Search another column, or compare after opening.")


def octets(plaintext: bytes, *sizes: int) -> bytes:
    """Return `plaintext` if it has one of the sizes, in bytes.

    Raises:
        ValueError: it was written by another type of field.
    """
    if len(plaintext) not in sizes:
        raise ValueError("The stored value has the size of another type.")
    return plaintext
