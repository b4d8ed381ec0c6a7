"""Operations for the migrations of tables that are in use: they wait for no lock longer than a moment.

`ALTER TABLE` takes an exclusive lock. Where a long transaction reads the table, the statement waits, and every other
query waits behind it. So each operation here gives up after two seconds, says so, and can be run again. None of them
rewrites a table. On other databases than PostgreSQL they are Django's own.

    operations = [BriefLock(migrations.AddField("customer", "ssn", EncryptedCharField(...)))]
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from django.db import OperationalError, migrations, models
from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from ascend.fields import IndexColumn

LOCK_SECONDS: Final = 2
STATEMENT_SECONDS: Final = 30
LOCK_NOT_AVAILABLE: Final = "55P03"
QUERY_CANCELED: Final = "57014"


class TableIsBusy(OperationalError):
    """Another transaction holds the table, or the statement took too long; nothing was changed by this operation."""


class NeedsNoTransaction(RuntimeError):
    """The migration must say `atomic = False`: an index is not made concurrently inside a transaction."""


class BriefLock(Operation):
    """Runs one operation with a lock time-out and a statement time-out: `BriefLock(migrations.AddField(...))`."""

    def __init__(
        self,
        operation: Operation,
        lock_seconds: float = LOCK_SECONDS,
        statement_seconds: float = STATEMENT_SECONDS,
    ) -> None:
        """Take the operation, and how long it may wait for its lock and run, in seconds."""
        self.operation = operation
        self.lock_seconds = lock_seconds
        self.statement_seconds = statement_seconds

    @property
    def reversible(self) -> bool:  # type: ignore[override]  # asked of an instance only
        return self.operation.reversible

    @property
    def atomic(self) -> bool:  # type: ignore[override]  # asked of an instance only
        return self.operation.atomic

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.operation], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        self.operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        with briefly(schema_editor, self.lock_seconds, self.statement_seconds):
            self.operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        with briefly(schema_editor, self.lock_seconds, self.statement_seconds):
            self.operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"{self.operation.describe()}, without waiting for a lock"

    def references_model(self, name: str, app_label: str) -> bool:
        return self.operation.references_model(name, app_label)

    @property
    def migration_name_fragment(self) -> str | None:  # type: ignore[override]  # a property in Django too
        return self.operation.migration_name_fragment


class AddIndexColumn(migrations.AddField):
    """`AddField` for an index column: the column, then its index CONCURRENTLY. May be run again after a failure."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if not _is_postgresql(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        _refuse_transaction(schema_editor, self)
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        column: IndexColumn = model._meta.get_field(self.name)
        with briefly(schema_editor, LOCK_SECONDS, STATEMENT_SECONDS):
            _add_bare(schema_editor, model, column)
        if column.unique or column.db_index:  # type: ignore[attr-defined]  # of Field, not in its stubs
            _index_concurrently(schema_editor, model, column)


class RequireValues(migrations.AlterField):
    """`AlterField` to NOT NULL at the end of a window: the rows are looked at under a lock that stops no write."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if _is_postgresql(schema_editor) and self.allow_migrate_model(schema_editor.connection.alias, model):
            _refuse_transaction(schema_editor, self)
            _validate_not_null(schema_editor, model, str(model._meta.get_field(self.name).column))
        with briefly(schema_editor, LOCK_SECONDS, STATEMENT_SECONDS):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


@contextmanager
def briefly(schema_editor: Any, lock_seconds: float, statement_seconds: float) -> Iterator[None]:
    """Run the body with time-outs; in a transaction they hold to its end, where Django runs what it deferred.

    Raises:
        TableIsBusy: a lock was not to be had, or a statement took too long.
    """
    if not _is_postgresql(schema_editor):
        yield
        return
    local = "LOCAL " if schema_editor.connection.in_atomic_block else ""
    schema_editor.execute(f"SET {local}lock_timeout = '{int(lock_seconds * 1000)}ms'", params=None)
    schema_editor.execute(f"SET {local}statement_timeout = '{int(statement_seconds * 1000)}ms'", params=None)
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) not in {LOCK_NOT_AVAILABLE, QUERY_CANCELED}:
            raise
        raise TableIsBusy(
            f"The table was not free within {lock_seconds} s, or the statement took longer than {statement_seconds} s. "
            "A long transaction holds it: see pg_stat_activity. Nothing waits now; run migrate again."
        ) from error
    finally:
        if not local:
            for name in ("lock_timeout", "statement_timeout"):
                schema_editor.execute(f"RESET {name}", params=None)


def _is_postgresql(schema_editor: Any) -> bool:
    return bool(schema_editor.connection.vendor == "postgresql")


def _refuse_transaction(schema_editor: Any, operation: Operation) -> None:
    if schema_editor.connection.in_atomic_block:
        raise NeedsNoTransaction(f"{type(operation).__name__}: write atomic = False into the migration.")


def _add_bare(schema_editor: Any, model: type[models.Model], column: Any) -> None:
    """Add the nullable column without its index, unless an earlier attempt got that far."""
    with schema_editor.connection.cursor() as cursor:
        described = schema_editor.connection.introspection.get_table_description(cursor, model._meta.db_table)
    if column.column not in {present.name for present in described}:
        bare = column.clone()
        bare._unique, bare.db_index = False, False  # noqa: SLF001 (what `unique` reads)
        bare.set_attributes_from_name(column.name)
        bare.model = model
        schema_editor.add_field(model, bare)


def _index_concurrently(schema_editor: Any, model: type[models.Model], column: Any) -> None:
    table, suffix = model._meta.db_table, "_uniq" if column.unique else ""
    name = schema_editor._create_index_name(table, [column.column], suffix=suffix)  # noqa: SLF001 (as Django names it)
    quoted, on = (schema_editor.quote_name(each) for each in (name, table))
    _drop_if_invalid(schema_editor, name, quoted)
    unique = "UNIQUE " if column.unique else ""
    which = f"{quoted} ON {on} ({schema_editor.quote_name(column.column)})"
    schema_editor.execute(f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {which}", params=None)
    if column.unique:
        with briefly(schema_editor, LOCK_SECONDS, STATEMENT_SECONDS):
            schema_editor.execute(f"ALTER TABLE {on} ADD CONSTRAINT {quoted} UNIQUE USING INDEX {quoted}", params=None)


def _drop_if_invalid(schema_editor: Any, name: str, quoted: str) -> None:
    """Drop what a concurrent build left behind when it was stopped: it is written and never read."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid", [quoted])
        if cursor.fetchone():
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {quoted}", params=None)


def _validate_not_null(schema_editor: Any, model: type[models.Model], column: str) -> None:
    """Let PostgreSQL prove that no row is NULL without an exclusive lock; SET NOT NULL then needs no scan."""
    table, named = model._meta.db_table, schema_editor.quote_name
    constraint = named(schema_editor._create_index_name(table, [column], suffix="_has_value"))  # noqa: SLF001 (a name that fits)
    run: Callable[[str], None] = lambda sql: schema_editor.execute(f"ALTER TABLE {named(table)} {sql}", params=None)  # noqa: E731 (three statements of one table)
    with briefly(schema_editor, LOCK_SECONDS, STATEMENT_SECONDS):
        run(f"DROP CONSTRAINT IF EXISTS {constraint}")
        run(f"ADD CONSTRAINT {constraint} CHECK ({named(column)} IS NOT NULL) NOT VALID")
    run(f"VALIDATE CONSTRAINT {constraint}")
    with briefly(schema_editor, LOCK_SECONDS, STATEMENT_SECONDS):
        run(f"ALTER COLUMN {named(column)} SET NOT NULL")
        run(f"DROP CONSTRAINT {constraint}")


__all__: Sequence[str] = ["AddIndexColumn", "BriefLock", "NeedsNoTransaction", "RequireValues", "TableIsBusy"]
