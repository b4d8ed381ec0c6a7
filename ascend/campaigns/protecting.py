"""From the old column to the new one, and back."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from ascend.campaigns.errors import RowFailed
from ascend.campaigns.work import Work
from ascend.envelope import DecryptionFailed
from ascend.fields import index_column, old_values
from ascend.fields.accept import OldFormatError

BOTH = "both columns hold a value: a process with the code from before wrote the old one after the value had moved"
NOT_STORABLE = "the value is none that the field can hold"
DIFFERENT = "the new envelope does not open to the value that was read"
DOES_NOT_OPEN = "the stored envelope does not open"


class Protect(Work):
    """Seals what stands in the old column, fills the indexes, and sets the old column to NULL in one statement."""

    kind: ClassVar[str] = "protect"

    @property
    def pending(self) -> str:
        """Any row whose old column is not NULL."""
        return f"{self.target.old} IS NOT NULL"

    @property
    def columns(self) -> str:
        """The old value's octets, and the envelope that should not be there yet."""
        return f"{self.target.old_octets}, {self.target.column}"

    @property
    def statement(self) -> str:
        """Swap, if the envelope is still missing and the old value has not changed by a byte."""
        target = self.target
        filled = [target.column, *self._index_columns]
        assignments = ", ".join([*(f"{column} = %s" for column in filled), f"{target.old} = NULL"])
        return (
            f"UPDATE {target.table} SET {assignments} WHERE {target.key_column} = %s "  # noqa: S608 (names of the model's own)
            f"AND {target.column} IS NULL AND {target.old_octets} = %s"
        )

    def change(self, instance: models.Model, values: Sequence[Any]) -> list[Any]:
        """Return envelope, digests, key and the octets that were read."""
        octets, present = bytes(values[0]), values[1]
        if present is not None:
            raise RowFailed(BOTH)
        field = self.target.field
        value = self._value(octets)
        setattr(instance, field.attname, value)
        written = [self._prepared(each, instance) for each in self._written]
        if self.verify and value is not None:
            self._compare(instance, written[0], value)
        return [*written, self.key_of(instance), octets]

    @cached_property
    def _written(self) -> list[Any]:
        return [self.target.field, *index_column.written_columns(self.target.field)]

    def _value(self, octets: bytes) -> Any:
        try:
            return old_values.value_of(self.target.field, octets, self.target.connection)
        except OldFormatError as error:
            raise RowFailed(f"{type(error).__name__}: {error}") from None

    def _prepared(self, field: Any, instance: models.Model) -> Any:
        """Return what the column is set to. The error of a value that cannot be stored may hold it."""
        try:
            return field.get_db_prep_save(field.pre_save(instance, True), self.target.connection)
        except (ValidationError, ValueError, TypeError):
            pass
        raise RowFailed(NOT_STORABLE)

    def _compare(self, instance: models.Model, envelope: bytes, value: Any) -> None:
        field = self.target.field
        if field.octets_of(opened(field, instance, envelope, self.target.connection)) != field.octets_of(value):
            raise RowFailed(DIFFERENT)

    @property
    def _index_columns(self) -> list[str]:
        columns = index_column.written_columns(self.target.field)
        return [self.target.quoted(str(column.column)) for column in columns]


class Unprotect(Work):
    """Opens what stands in the new column and writes it into the old one, in clear."""

    kind: ClassVar[str] = "unprotect"

    @property
    def pending(self) -> str:
        """Any row that has an envelope."""
        return f"{self.target.column} IS NOT NULL"

    @property
    def columns(self) -> str:
        """The envelope, and the old value that should not be there."""
        return f"{self.target.column}, {self.target.old_octets}"

    @property
    def statement(self) -> str:
        """Swap, if the old column is still empty and the envelope has not changed."""
        target = self.target
        cleared = [target.column, *self._index_columns]
        assignments = ", ".join([f"{target.old} = %s", *(f"{column} = NULL" for column in cleared)])
        return (
            f"UPDATE {target.table} SET {assignments} WHERE {target.key_column} = %s "  # noqa: S608 (names of the model's own)
            f"AND {target.old} IS NULL AND {target.column} = %s"
        )

    def change(self, instance: models.Model, values: Sequence[Any]) -> list[Any]:
        """Return the value as the old column holds it, the key, and the envelope that was read."""
        envelope, present = bytes(values[0]), values[1]
        if present is not None:
            raise RowFailed(BOTH)
        try:
            value = opened(self.target.field, instance, envelope, self.target.connection)
        except DecryptionFailed:
            raise RowFailed(DOES_NOT_OPEN) from None
        stored = self.target.replaced.holds.get_db_prep_save(value, self.target.connection)
        return [stored, self.key_of(instance), envelope]

    @property
    def _index_columns(self) -> list[str]:
        names = [
            index.column_name(self.target.field.name, letter)
            for index in self.target.field.scheme.indexes
            for letter in index_column.LETTERS
        ]
        return [self.target.quoted(str(self.target.model._meta.get_field(name).column)) for name in names]  # type: ignore[union-attr]


def opened(field: Any, instance: models.Model, envelope: bytes, connection: Any) -> Any:
    """Return the value of an envelope, opened as a query opens it for that row.

    Raises:
        DecryptionFailed: it does not open there.
    """
    setattr(instance, field.attname, field.get_db_converters(connection)[0](envelope, None, connection))
    return getattr(instance, field.attname)
