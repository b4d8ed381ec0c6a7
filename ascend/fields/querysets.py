"""The queryset of a model with encrypted fields: upserts keep the indexes, row-bound values open without instances."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import models

from ascend.envelope import row_part
from ascend.fields import nonces, old_column
from ascend.fields.base import EncryptedField
from ascend.fields.errors import refuse
from ascend.fields.held_values import Sealed
from ascend.fields.index_column import written_columns
from ascend.fields.old_column import OldColumn
from ascend.fields.old_values import OldForm
from ascend.fields.subject_querysets import SubjectQuerySet
from ascend.fields.subject_values import SubjectSealed
from ascend.scope import (
    current_organization,
    each_step_in_scope,
    each_step_in_scope_async,
    organization_scope,
)


class EncryptedQuerySet(SubjectQuerySet):
    """Use it, or a subclass, as the manager of every model with searchable or row-bound fields."""

    def bulk_create(
        self,
        objs: Any,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,  # noqa: FBT001, FBT002
        update_conflicts: bool = False,  # noqa: FBT001, FBT002
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Any]:
        if update_conflicts and update_fields:
            update_fields = self._with_index_columns(update_fields, unique_fields)
        return super().bulk_create(
            objs,
            batch_size=batch_size,
            ignore_conflicts=ignore_conflicts,
            update_conflicts=update_conflicts,
            update_fields=update_fields,
            unique_fields=unique_fields,
        )

    def _insert(self, objs: Any, fields: Any, *args: Any, **options: Any) -> Any:
        """Insert one batch under nonces that are drawn in one piece.

        An upsert clears the replaced columns in its UPDATE: EXCLUDED has NULL for what INSERT does not name.
        """
        if options.get("update_fields"):
            options["update_fields"] = [*options["update_fields"], *self._replaced_by(options["update_fields"])]
        if len(objs) == 1:
            return super()._insert(objs, fields, *args, **options)  # type: ignore[misc]
        with nonces.drawn(len(objs) * sum(isinstance(field, EncryptedField) for field in fields)):
            return super()._insert(objs, fields, *args, **options)  # type: ignore[misc]

    def _replaced_by(self, fields: Iterable[Any]) -> list[OldColumn]:
        return [old_column.of(field) for field in fields if isinstance(field, EncryptedField) and field.window]

    def _with_index_columns(self, update_fields: Collection[str], unique_fields: Collection[str] | None) -> list[str]:
        """Return the fields of an upsert with the index columns that belong to them."""
        names = list(update_fields)
        for field in self._encrypted(update_fields):
            self._refuse_foreign_row(field, unique_fields)
            names += [column.name for column in written_columns(field) if column.name not in names]
        return names

    def _refuse_foreign_row(self, field: EncryptedField, unique_fields: Collection[str] | None) -> None:
        primary_key = {"pk", self.model._meta.pk.name, self.model._meta.pk.attname}
        if field.scheme.is_row_bound and not (unique_fields and set(unique_fields) <= primary_key):
            refuse(
                field.label,
                "an upsert of a row-bound field by other columns than the primary key",
                "The value is sealed for the proposed row, and the row that exists could never open it.",
                "Use update_or_create(), or unique_fields=[the primary key].",
            )

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Iterate as Django does; each row is read for the organization that is in force now."""
        return each_step_in_scope(super().iterator(chunk_size))

    def aiterator(self, chunk_size: int = 2000) -> AsyncIterator[Any]:
        """Iterate as Django does; each row is read for the organization that is in force now."""
        return each_step_in_scope_async(super().aiterator(chunk_size))

    def values_opened(self, *names: str) -> Iterator[dict[str, Any]]:
        """Yield dictionaries of the named fields, row-bound ones opened under their row's primary key.

        They are opened for the organization in force now, wherever the iteration goes on.
        """
        return self._opened_rows(names, current_organization())

    def _opened_rows(self, names: Sequence[str], organization_id: UUID) -> Iterator[dict[str, Any]]:
        key = self.model._meta.pk.attname
        sealed = [field for field in self._encrypted(names) if field.scheme.is_row_bound]
        for row in self.values(*{*names, key}):
            pk = row[key] if key in names else row.pop(key)
            with organization_scope(organization_id):
                row |= {field.name: _opened(row[field.name], pk) for field in sealed}
            yield row

    def _encrypted(self, names: Collection[str]) -> Sequence[EncryptedField]:
        fields = (self.model._meta.get_field(name) for name in names if name != "pk")
        return [field for field in fields if isinstance(field, EncryptedField)]


def _opened(held: Sealed | None, pk: Any) -> Any:
    if isinstance(held, OldForm):
        return held.read()
    if isinstance(held, SubjectSealed):
        held.load_peers()
    return None if held is None else held.field.open(held.envelope, row_part(pk))


class EncryptedManager(models.Manager.from_queryset(EncryptedQuerySet)):  # type: ignore[misc]
    """`objects = EncryptedManager()`."""
