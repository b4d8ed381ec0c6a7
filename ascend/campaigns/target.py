"""One column of one table, in one database: names, quoted, and rows as instances."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from ascend.campaigns.errors import NotPossible
from ascend.fields import old_column, old_octets
from ascend.fields.base import EncryptedField
from ascend.fields.old_column import OldColumn
from ascend.scope import current_organization

LARGE = 2_000
"""Rows that one batch has at most, and that a scan reads at once."""


@dataclass(frozen=True)
class Target:
    """The encrypted field of a campaign. Without an `organization_field` all rows are of one organization."""

    field: EncryptedField[Any, Any]
    using: str
    organization_id: UUID | None = None

    @property
    def model(self) -> type[models.Model]:
        """The model in whose table the column is."""
        return self.field.model

    @cached_property
    def connection(self) -> BaseDatabaseWrapper:
        """The connection to the database of the rows; a target belongs to the thread that made it."""
        return connections[self.using]

    @property
    def label(self) -> str:
        """The column's context label: the name that campaigns and watermarks know it by."""
        return self.field.context

    def quoted(self, name: str) -> str:
        """Return an identifier as it stands in a statement."""
        return self.connection.ops.quote_name(name)

    @cached_property
    def table(self) -> str:
        """The table, quoted."""
        return self.quoted(self.model._meta.db_table)

    @cached_property
    def key(self) -> "models.Field[Any, Any]":
        """The field that gives the primary key its type; a key may be a relation to another table's."""
        key: Any = self.model._meta.pk
        if len(getattr(self.model._meta, "pk_fields", [key])) > 1:
            raise NotPossible(
                f"{self.model._meta.label} has a composite primary key; batches are ranges of one column."
            )
        while key.remote_field is not None:
            key = key.target_field
        final: models.Field[Any, Any] = key
        return final

    @cached_property
    def key_column(self) -> str:
        """The column of the primary key, quoted."""
        return self.quoted(str(self.model._meta.pk.column))

    @cached_property
    def column(self) -> str:
        """The column of envelopes, quoted."""
        return self.quoted(str(self.field.column))

    @cached_property
    def replaced(self) -> OldColumn:
        """The old column's field.

        Raises:
            NotPossible: the field declares no window.
        """
        if self.field.window is None:
            raise NotPossible(f"{self.field.label} declares no accept=: there is no old column to work on.")
        return old_column.of(self.field)

    @cached_property
    def old(self) -> str:
        """The old column, quoted."""
        return self.quoted(str(self.replaced.column))

    @cached_property
    def old_octets(self) -> str:
        """The old column's octets, as SQL."""
        return old_octets.expression(self.replaced.holds, self.old, self.connection)

    def key_as_text(self, stored: Any) -> str:
        """Return a primary key that a driver returned as campaigns store it."""
        return str(self.key.to_python(stored))

    def key_parameter(self, text: str) -> Any:
        """Return a primary key of a campaign as a parameter of a statement."""
        return self.key.get_db_prep_value(self.key.to_python(text), self.connection)

    @cached_property
    def attributes(self) -> list["models.Field[Any, Any]"]:
        """The columns that sealing a value asks its row for: the key, the organization, and what the field names."""
        names = [getattr(self.model, "organization_field", None), getattr(self.field.scheme, "shred_with", "")]
        by_attname = {field.attname: field for field in self.model._meta.concrete_fields}
        by_attname |= {field.name: field for field in self.model._meta.concrete_fields}
        wanted = [self.model._meta.pk, *(by_attname[name] for name in names if name in by_attname)]
        return list(dict.fromkeys(wanted))

    @cached_property
    def attribute_columns(self) -> str:
        """The columns of `attributes`, for a SELECT; the key is the first."""
        return ", ".join(self.quoted(str(field.column)) for field in self.attributes)

    def instance(self, values: Sequence[Any]) -> models.Model:
        """Return an instance with `attributes` as a driver returned them, and nothing else loaded."""
        taken = [_final(field).to_python(value) for field, value in zip(self.attributes, values, strict=True)]
        return self.model.from_db(self.using, [field.attname for field in self.attributes], taken)

    def organization_of(self, instance: models.Model) -> UUID:
        """Return the organization whose keys seal the row's values.

        Raises:
            NoOrganization: neither the model nor the campaign nor the project says.
        """
        attribute = getattr(self.model, "organization_field", None)
        owner = getattr(instance, attribute) if attribute else self.organization_id
        if owner is None:
            return current_organization()
        return owner if isinstance(owner, UUID) else UUID(str(owner))

    def count(self, condition: str) -> int:
        """Count the rows for which a condition of SQL holds: one scan."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {self.table} WHERE {condition}")  # noqa: S608 (names of the model's own)
            return int(cursor.fetchone()[0])

    def old_values_left(self) -> int:
        """Count the rows whose old column is not NULL."""
        return self.count(f"{self.old} IS NOT NULL")


def _final(field: Any) -> Any:
    while field.remote_field is not None:
        field = field.target_field
    return field
