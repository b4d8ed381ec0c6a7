"""The tables with values of persons, as a shredding sees them: whose values, which index columns, what stays."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models, router, transaction

from ascend import conf
from ascend.fields import keys
from ascend.fields.base import EncryptedField
from ascend.fields.index_column import IndexColumn
from ascend.fields.inventory import encrypted_fields
from ascend.fields.subject_values import header_of
from ascend.keychain import subject_provisioning
from ascend.keychain.shred_rows import TableReport


@dataclass(frozen=True, slots=True)
class PersonTable:
    """The fields of one table that are under the key of the person whom one attribute names."""

    model: type[models.Model]
    person: str
    fields: tuple[EncryptedField, ...]

    @property
    def alias(self) -> str:
        """The database that the table is written in."""
        return router.db_for_write(self.model)

    def rows(self, organization_id: UUID, subject_id: UUID) -> models.QuerySet[Any]:
        """Return the person's rows, whatever the model's own manager leaves out."""
        manager: Any = self.model._base_manager  # noqa: SLF001 (documented by Django)
        rows: models.QuerySet[Any] = manager.using(self.alias).filter(**{self.person: subject_id})
        owner = getattr(self.model, "organization_field", None)
        return rows.filter(**{owner: organization_id}) if owner else rows

    def index_columns(self) -> list[str]:
        """Return every blind-index column of the row, except those of fields under another person's key."""
        mine = {field.name for field in encrypted_fields(self.model) if field.scheme.shred_with in {"", self.person}}
        columns = (column for column in self.model._meta.local_concrete_fields if isinstance(column, IndexColumn))
        return [column.name for column in columns if column.of in mine]


def person_tables() -> Iterator[PersonTable]:
    """Yield each table, once for each attribute that names a person in it."""
    for model in apps.get_models():
        by_person: dict[str, list[EncryptedField]] = {}
        for field in encrypted_fields(model):
            if field.scheme.shred_with:
                by_person.setdefault(field.scheme.shred_with, []).append(field)
        for person, fields in by_person.items():
            yield PersonTable(model, person, tuple(fields))


def databases() -> set[str]:
    """Return the aliases of the databases that the tables are in."""
    return {table.alias for table in person_tables()}


def values_under_other_keys(organization_id: UUID, subject_id: UUID) -> dict[str, int]:
    """Return, by column, how many of the person's values are not under a key of the person."""
    known = subject_provisioning.of_subjects(organization_id, [subject_id]).values_list("short_id", flat=True)
    own = {bytes(short_id) for short_id in known}
    found: Counter[str] = Counter()
    for table in person_tables():
        names = [field.name for field in table.fields]
        for values in table.rows(organization_id, subject_id).values_list(*names).iterator():
            found.update(
                field.label
                for field, held in zip(table.fields, values, strict=True)
                if held is not None and not _is_under(own, held)
            )
    return dict(found)


def clear_indexes(organization_id: UUID, subject_id: UUID) -> list[TableReport]:
    """Set every blind-index column of the person's rows to NULL, in one statement for each table."""
    return [_cleared(table, organization_id, subject_id) for table in person_tables()]


def _cleared(table: PersonTable, organization_id: UUID, subject_id: UUID) -> TableReport:
    columns, rows = table.index_columns(), table.rows(organization_id, subject_id)
    with transaction.atomic(using=table.alias):
        count = rows.update(**dict.fromkeys(columns)) if columns else rows.count()
    unreadable = [field.name for field in table.fields]
    stored = [column.name for column in table.model._meta.local_concrete_fields]
    return {
        "model": table.model._meta.label,
        "table": table.model._meta.db_table,
        "rows": count,
        "unreadable": unreadable,
        "cleared": columns,
        "kept": [name for name in stored if name not in {*unreadable, *columns}],
    }


def _is_under(own: set[bytes], held: Any) -> bool:
    header = header_of(getattr(held, "envelope", b""))
    return keys.subject_keys().is_subject_header(header) and header[1:] in own


def has_one_organization(model: type[models.Model]) -> bool:
    """Return whether it is known whose organization's row each row of the model is."""
    return getattr(model, "organization_field", None) is not None or conf.default_organization() is not None
