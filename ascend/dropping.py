"""Refuses the migration that would drop an old column, or stop reading it, while it still holds values."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandError
from django.db import connections, migrations, models
from django.db.migrations.operations.base import Operation

from ascend.fields.base import EncryptedField


def refuse_while_values_are_left(
    sender: Any, *, plan: Sequence[tuple[migrations.Migration, bool]], using: str, apps: Any, **_: Any
) -> None:
    """Look at what is about to be migrated. Connected to `pre_migrate`, which Django sends before the first statement.

    Raises:
        CommandError: an old column that would go, or would be read no more, holds values.
    """
    for migration, backwards in plan:
        if not backwards:
            for operation in _all(migration.operations):
                _check(operation, migration.app_label, apps, using)


def _all(operations: Sequence[Operation]) -> Iterator[Operation]:
    for operation in operations:
        wrapped = getattr(operation, "operation", None)
        yield wrapped if isinstance(wrapped, Operation) else operation
        yield from _all(getattr(operation, "database_operations", ()))


def _check(operation: Operation, app_label: str, apps: Any, using: str) -> None:
    if isinstance(operation, migrations.RemoveField | migrations.AlterField):
        try:
            model = apps.get_model(app_label, operation.model_name)
        except LookupError:
            return  # it is made by the same plan, so it has no rows
        for name, column in _replaced(model):
            if _gives_up(operation, name, column):
                _refuse_values(model, column, using)


def _replaced(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """Yield the encrypted fields of a historical model that replace a column, with that column's field."""
    for field in model._meta.local_fields:
        if isinstance(field, EncryptedField) and field.replaces:
            yield field.name, field.replaces


def _gives_up(operation: Any, name: str, column: str) -> bool:
    """Whether the operation drops the old column, or lets the field forget that it replaces one."""
    if isinstance(operation, migrations.RemoveField):
        return operation.name_lower == column.lower()
    return operation.name_lower == name.lower() and getattr(operation.field, "replaces", "") != column


def _refuse_values(model: type[models.Model], name: str, using: str) -> None:
    column = connections[using].ops.quote_name(str(model._meta.get_field(name).column))  # type: ignore[union-attr]
    table = connections[using].ops.quote_name(model._meta.db_table)
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608 (names of the model's own)
        left = cursor.fetchone()[0]
    if left:
        raise CommandError(
            f"{model._meta.label}.{name} still holds {left} values that are read nowhere else. "
            "Run manage.py protect_column until none is left, then migrate again."
        )
