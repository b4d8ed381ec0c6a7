"""What a queryset does for values under keys of persons: makes and loads the keys of many rows at once."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from ascend.fields import keys
from ascend.fields.errors import refuse
from ascend.fields.subject_values import person_column, subject_of, subjects_known
from ascend.scope import current_organization

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

    _QuerySet = models.QuerySet[Any]
else:
    _QuerySet = models.QuerySet

ROWS_READ_AHEAD = 2_000
ROWS_AT_ONCE = 3_000
"""Rows whose keys are held at once while they are inserted; a row may name several persons."""


def subject_fields(model: type[models.Model]) -> list["EncryptedField"]:
    """Return the fields of `model` with `shred_with=`."""
    columns: Any = model._meta.concrete_fields
    return [column for column in columns if getattr(getattr(column, "scheme", None), "shred_with", "")]


class SubjectQuerySet(_QuerySet):
    """Each method is Django's own for a model without `shred_with=`."""

    def bulk_create(self, objs: Any, batch_size: int | None = None, *args: Any, **kwargs: Any) -> list[Any]:
        if not subject_fields(self.model):
            return super().bulk_create(objs, batch_size, *args, **kwargs)
        self._refuse_upsert_of_another_person(kwargs.get("update_conflicts"), kwargs.get("update_fields"))
        rows = list(objs)
        with transaction.atomic(using=self.db, savepoint=False):
            for start in range(0, len(rows), ROWS_AT_ONCE):
                part = rows[start : start + ROWS_AT_ONCE]
                self._prepare_keys(part, subject_fields(self.model))
                super().bulk_create(part, batch_size, *args, **kwargs)
        return rows

    def bulk_update(self, objs: Any, fields: Iterable[str], batch_size: int | None = None) -> int:
        names = list(fields)
        written = [field for field in subject_fields(self.model) if field.name in names]
        if not written:
            return super().bulk_update(objs, names, batch_size)
        rows, updated = list(objs), 0
        with transaction.atomic(using=self.db, savepoint=False):
            for start in range(0, len(rows), ROWS_AT_ONCE):
                part = rows[start : start + ROWS_AT_ONCE]
                self._prepare_keys(part, written)
                persons = {(field.context, row.pk): subject_of(field, row) for field in written for row in part}
                with subjects_known(persons):
                    updated += super().bulk_update(part, names, batch_size)
        return updated

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def update(self, **kwargs: Any) -> int:
        for field in subject_fields(self.model):
            if _names_of_person(field) & kwargs.keys():
                self._refuse_another_person(field, "update()")
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def _iterator(self, use_chunked_fetch: bool, chunk_size: int | None) -> Iterator[Any]:  # noqa: FBT001 (Django's)
        rows: Iterator[Any] = super()._iterator(use_chunked_fetch, chunk_size)  # type: ignore[misc]
        if not subject_fields(self.model):
            yield from rows
            return
        # A value must know its peers before it is read.
        while part := list(islice(rows, chunk_size or ROWS_READ_AHEAD)):
            yield from part

    def _prepare_keys(self, rows: list[Any], fields: Collection["EncryptedField"]) -> None:
        """Make the keys of persons who have none, in one insert, before any row is written."""
        persons = {subject_of(field, row) for field in fields for row in rows if _has_value(row, field)}
        if persons:
            keys.subject_keys().prepare(current_organization(), persons)

    def _refuse_upsert_of_another_person(self, is_upsert: Any, update_fields: Collection[str] | None) -> None:
        if not is_upsert:
            return
        for field in subject_fields(self.model):
            is_own_key = field.scheme.shred_with == self.model._meta.pk.attname
            if not is_own_key and not _names_of_person(field) & set(update_fields or ()):
                self._refuse_another_person(field, "an upsert")

    def _refuse_another_person(self, field: "EncryptedField", what: str) -> None:
        refuse(
            field.label,
            f"{what} that may leave a value under the key of another person",
            "Destroying this person's key would not end it.",
            "Save the instances: each value is then sealed for the person of its row.",
        )


def _has_value(row: Any, field: "EncryptedField") -> bool:
    return row.__dict__.get(field.attname) is not None


def _names_of_person(field: "EncryptedField") -> set[str]:
    column = person_column(field)
    return {column.name, column.attname} if column is not None else {field.scheme.shred_with}
