"""Migrations of a table that is in use: no rewrite, no wait for a lock, and no old value is dropped."""

import threading

import pytest
from django.core.management.base import CommandError
from django.db import connection, connections, migrations, models
from django.db.migrations.state import ProjectState

from ascend import dropping
from ascend.fields import EncryptedCharField, IndexColumn
from ascend.migrating import AddIndexColumn, BriefLock, NeedsNoTransaction, RequireValues, TableIsBusy

pytestmark = pytest.mark.django_db(transaction=True)


def key():
    return ("id", models.BigAutoField(primary_key=True))


def ssn(**options):
    return EncryptedCharField(
        max_length=11, context="live.person.ssn", replaces="ssn_old", db_column="sealed", **options
    )


def index(**options):
    return IndexColumn(of="ssn", index="exact", **options)


class Migrating:
    """A table with rows, and the operations that run on it."""

    def __init__(self):
        self.state = ProjectState()
        self.run(
            migrations.CreateModel("Person", [key(), ("ssn_old", models.CharField(max_length=11, db_column="ssn"))])
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO live_person (ssn) SELECT lpad(n::text, 11, '0') FROM generate_series(1, 5000) n"
            )

    def run(self, *operations, atomic=True):
        for operation in operations:
            new = self.state.clone()
            operation.state_forwards("live", new)
            with connection.schema_editor(atomic=atomic) as editor:
                operation.database_forwards("live", editor, self.state, new)
            self.state = new

    def model(self):
        return self.state.apps.get_model("live", "Person")


@pytest.fixture
def table():
    migrating = Migrating()
    yield migrating
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS live_person")


@pytest.fixture
def long_transaction():
    """Another connection that reads the table in a transaction which does not end."""
    other = connections.create_connection("default")
    other.set_autocommit(False)

    def begin():
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM live_person")

    yield begin, other
    other.close()


def file_of_the_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_filenode('live_person')")
        return cursor.fetchone()[0]


def expand():
    nullable = models.CharField(max_length=11, db_column="ssn", null=True)
    return [
        BriefLock(migrations.AlterField("person", "ssn_old", nullable)),
        BriefLock(migrations.AddField("person", "ssn", ssn(null=True, indexes=["exact"]))),
        BriefLock(migrations.AddField("person", "ssn_exact_b", index(letter="b"))),
    ]


class TestExpand:
    def test_no_operation_rewrites_the_table(self, table):
        # WIN-20, WIN-21
        before = file_of_the_table()
        table.run(*expand())
        table.run(AddIndexColumn("person", "ssn_exact_a", index(unique=True)), atomic=False)
        assert file_of_the_table() == before
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, "live_person")
        assert [each for each in constraints.values() if each["columns"] == ["ssn_exact_a"] and each["unique"]]

    def test_a_long_transaction_makes_it_fail_at_once_and_it_can_be_run_again(self, table, long_transaction):
        # WIN-20
        begin, other = long_transaction
        begin()
        add = BriefLock(migrations.AddField("person", "ssn", ssn(null=True)), lock_seconds=0.2)
        with pytest.raises(TableIsBusy, match="run migrate again"):
            table.run(add)
        with connection.cursor() as cursor:  # nobody waits behind it, and nothing was changed
            cursor.execute("INSERT INTO live_person (ssn) VALUES ('after')")
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)
        other.rollback()
        table.run(add)
        assert table.model().objects.filter(ssn__isnull=True).count() == 5001

    def test_writers_go_on_while_the_index_is_made(self, table, long_transaction):
        table.run(*expand())
        _begin, other = long_transaction
        with other.cursor() as cursor:
            cursor.execute("UPDATE live_person SET ssn = ssn WHERE id = 1")  # the index waits for this transaction
        operation = AddIndexColumn("person", "ssn_exact_a", index(db_index=True))
        with pytest.raises(TableIsBusy):  # even the column needs a moment's lock
            table.run(operation, atomic=False)
        other.rollback()
        builder = threading.Thread(target=_in_a_thread, args=(table, operation))
        builder.start()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO live_person (ssn) VALUES ('meanwhile')")
        builder.join()
        table.run(operation, atomic=False)  # a migration that was not recorded runs again

    def test_an_index_that_was_left_invalid_is_made_anew(self, table):
        table.run(*expand())
        operation = AddIndexColumn("person", "ssn_exact_a", index(db_index=True))
        table.run(operation, atomic=False)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false FROM pg_class "
                "WHERE pg_class.oid = indexrelid AND relname LIKE 'live_person_ssn_exact_a%'"
            )
        table.run(operation, atomic=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid = 'live_person'::regclass AND NOT indisvalid")
            assert cursor.fetchone() == (0,)

    def test_a_migration_with_a_transaction_is_told_so(self, table):
        table.run(*expand())
        with pytest.raises(NeedsNoTransaction, match="atomic = False"):
            table.run(AddIndexColumn("person", "ssn_exact_a", index(db_index=True)))


def _in_a_thread(table, operation):
    table.run(operation, atomic=False)
    connection.close()


class TestContract:
    def test_not_null_is_proved_before_it_is_declared(self, table):
        # WIN-21
        table.run(*expand())
        before = file_of_the_table()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE live_person SET sealed = 'x'")
        table.run(RequireValues("person", "ssn", ssn(indexes=["exact"])), atomic=False)
        assert file_of_the_table() == before
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT is_nullable FROM information_schema.columns "
                "WHERE table_name = 'live_person' AND column_name = 'sealed'"
            )
            assert cursor.fetchone() == ("NO",)
            cursor.execute(
                "SELECT count(*) FROM pg_constraint WHERE conrelid = 'live_person'::regclass AND contype = 'c'"
            )
            assert cursor.fetchone() == (0,)

    @pytest.mark.parametrize("wrapped", [True, False])
    @pytest.mark.parametrize("operation", ["remove", "forget"])
    def test_an_old_column_is_neither_dropped_nor_forgotten_while_it_holds_values(self, table, operation, wrapped):
        # WIN-12
        table.run(*expand())
        operations = {
            "remove": migrations.RemoveField("person", "ssn_old"),
            "forget": migrations.AlterField(
                "person", "ssn", EncryptedCharField(max_length=11, context="live.person.ssn")
            ),
        }
        chosen = operations[operation]
        migration = migrations.Migration("0003_contract", "live")
        migration.operations = [BriefLock(chosen) if wrapped else chosen]
        with pytest.raises(CommandError, match="5000 values"):
            look(table, migration)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE live_person SET ssn = NULL")
        look(table, migration)

    def test_other_migrations_are_let_through(self, table):
        table.run(*expand())
        migration = migrations.Migration("0003_other", "live")
        migration.operations = [
            migrations.RemoveField("person", "ssn_exact_b"),
            migrations.AlterField("person", "ssn", ssn(null=True, help_text="x")),
            migrations.RemoveField("unknown", "ssn_old"),
        ]
        look(table, migration)


def look(table, migration):
    dropping.refuse_while_values_are_left(None, plan=[(migration, False)], using="default", apps=table.state.apps)


def test_a_wrapped_operation_is_written_into_a_migration_and_read_again():
    from django.db.migrations.writer import OperationWriter

    text, imports = OperationWriter(BriefLock(migrations.RemoveField("person", "ssn_old"))).serialize()
    assert "ascend.migrating" in "".join(imports)
    assert "RemoveField" in text
    assert not BriefLock(migrations.RunPython(lambda *_: None)).reversible
