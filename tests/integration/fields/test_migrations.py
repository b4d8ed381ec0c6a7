"""Migrations on both databases: each column is made once, altered without a table rewrite, and nothing is encrypted."""

import pytest
from django.db import IntegrityError, connections, migrations, models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter
from django.test.utils import CaptureQueriesContext, isolate_apps

from ascend.envelope import DecryptionFailed
from ascend.fields import DigestIndex, EncryptedCharField, EncryptedDateField, Index, IndexColumn, SecondColumn
from ascend.fields.index_column import LETTERS
from tests.integration.fields.tables import drop_left_over, editor_of


def key():
    return ("id", models.BigAutoField(primary_key=True))


def ssn(**options):
    return EncryptedCharField(max_length=11, context="moving.person.ssn", **options)


def columns(name, *indexes):
    return [
        (f"{name}_{index.replace('-', '_')}_{letter}", IndexColumn(of=name, index=index, letter=letter))
        for index in indexes
        for letter in LETTERS
    ]


@pytest.fixture
def migrate(database):
    """Run operations as a migration does, and return the state after them."""
    state = ProjectState()
    drop_left_over(connections[database], "moving_person")

    def run(*operations):
        nonlocal state
        connection = connections[database]
        for operation in operations:
            new = state.clone()
            operation.state_forwards("moving", new)
            with editor_of(connection) as editor:
                operation.database_forwards("moving", editor, state, new)
            state = new
        return state.apps.get_model("moving", "Person")

    return run


@pytest.fixture
def people_table(migrate):
    """A table with one row, as it was before the field came."""
    model = migrate(migrations.CreateModel("Person", [key(), ("name", models.CharField(max_length=9))]))
    model.objects.create(name="Ada")
    return model


@pytest.fixture(autouse=True)
def _routed(monkeypatch, database):
    from django.db import router

    class Here:
        def db_for_read(self, model, **hints):
            return database

        db_for_write = db_for_read

    monkeypatch.setattr(router, "routers", [Here()])


@pytest.mark.usefixtures("people_table", "people")
class TestOperations:
    def test_a_field_with_indexes_is_added_column_by_column(self, migrate):
        model = migrate(
            migrations.AddField("person", "ssn", ssn(null=True, indexes=["exact", "last4"])),
            *(migrations.AddField("person", name, column) for name, column in columns("ssn", "exact", "last4")),
        )
        names = [field.name for field in model._meta.local_fields]
        assert names == ["id", "name", "ssn", "ssn_exact_a", "ssn_exact_b", "ssn_last4_a", "ssn_last4_b"]
        assert model.objects.get().ssn is None
        model.objects.update(ssn="1234")
        assert model.objects.get(ssn__last4="1234").ssn == "1234"

    def test_a_required_field_is_not_filled_in_by_a_migration(self, migrate, savepoint, database):
        from django.db import DatabaseError

        if connections[database].vendor == "mysql":  # its ALTER TABLE gives the rows empty octets
            field = ssn(blank=True, default="x")
            model = migrate(migrations.AddField("person", "ssn", field, preserve_default=False))
            with pytest.raises(DecryptionFailed):
                model.objects.get()
            return
        with pytest.raises(DatabaseError), savepoint():
            migrate(migrations.AddField("person", "ssn", ssn(blank=True, default="x"), preserve_default=False))

    def test_a_field_becomes_required_once_every_row_has_a_value(self, migrate):
        model = migrate(migrations.AddField("person", "ssn", ssn(null=True)))
        model.objects.update(ssn="1")
        model = migrate(migrations.AlterField("person", "ssn", ssn(blank=True)))
        assert model.objects.get().ssn == "1"

    def test_a_renamed_field_opens_its_old_values(self, migrate):
        model = migrate(migrations.AddField("person", "ssn", ssn(null=True)))
        model.objects.update(ssn="1")
        model = migrate(migrations.RenameField("person", "ssn", "social_security"))
        assert model.objects.get().social_security == "1"

    def test_what_does_not_shape_the_column_alters_nothing(self, migrate, database):
        migrate(migrations.AddField("person", "ssn", ssn(null=True)))
        longer = EncryptedCharField(max_length=99, null=True, context="moving.person.ssn", indexes=["exact"])
        with CaptureQueriesContext(connections[database]) as captured:
            migrate(migrations.AlterField("person", "ssn", longer))
        assert [query["sql"] for query in captured if "person" in query["sql"].lower()] == []

    def test_a_historical_model_seals_and_searches(self, migrate):
        model = migrate(
            migrations.AddField("person", "born", EncryptedDateField(null=True, context="m.p.b", indexes=["year"])),
            *(migrations.AddField("person", name, column) for name, column in columns("born", "year")),
        )
        model.objects.create(name="Bob", born="1980-05-17")
        assert model.objects.get(born__year=1980).name == "Bob"

    def test_an_index_of_pieces_comes_to_a_table_with_rows_and_goes_again(self, migrate, database):
        pieces = {"null": True, "context": "moving.person.name", "indexes": [Index("ngram-3", bits=8)]}
        model = migrate(
            migrations.AddField("person", "alias", EncryptedCharField(max_length=40, **pieces)),
            *(migrations.AddField("person", column, made) for column, made in columns("alias", "ngram-3")),
            migrations.AddIndex("person", DigestIndex(fields=["alias_ngram_3_a"], name="pieces")),
        )
        model.objects.update(alias="Ada Lovelace")
        assert model.objects.get(alias__contains="Lovel").alias == "Ada Lovelace"
        connection = connections[database]
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, "moving_person").get("pieces")
        assert (found and found["type"]) == ("gin" if connection.vendor == "postgresql" else None)
        migrate(
            migrations.RenameField("person", "name", "title"),  # SQLite makes the table anew
            migrations.AlterField("person", "title", models.CharField(max_length=99, default="")),
            migrations.RemoveIndex("person", "pieces"),
            *(migrations.RemoveField("person", column) for column, _ in columns("alias", "ngram-3")),
        )


@pytest.mark.usefixtures("people_table", "people")
class TestDeterministic:
    def test_a_unique_column_is_added_to_a_table_with_rows_and_compares(self, migrate, savepoint):
        model = migrate(
            migrations.AddField("person", "ssn", ssn(null=True, deterministic=True, unique=True, join_group="ssn")),
            migrations.AddField("person", "ssn_deterministic_b", SecondColumn(of="ssn")),
        )
        assert model.objects.get().ssn is None
        model.objects.update(ssn="1234")
        assert model.objects.get(ssn="1234").ssn == "1234"
        with pytest.raises(IntegrityError), savepoint():
            model.objects.create(name="Bob", ssn="1234")

    def test_a_column_becomes_unique_once_its_values_are(self, migrate, savepoint, database):
        model = migrate(migrations.AddField("person", "ssn", ssn(null=True, deterministic=True)))
        assert self._is_indexed(database, unique=False)
        model.objects.update(ssn="1234")
        migrate(migrations.AlterField("person", "ssn", ssn(null=True, deterministic=True, unique=True)))
        assert self._is_indexed(database, unique=True)
        assert model.objects.get(ssn="1234").ssn == "1234"

    def test_a_constraint_names_the_column(self, migrate, savepoint):
        pair = models.UniqueConstraint(fields=["name", "ssn"], name="moving_pair")
        model = migrate(
            migrations.AddField("person", "ssn", ssn(null=True, deterministic=True)),
            migrations.AddConstraint("person", pair),
        )
        model.objects.create(name="Bob", ssn="1")
        model.objects.create(name="Eve", ssn="1")
        with pytest.raises(IntegrityError), savepoint():
            model.objects.create(name="Bob", ssn="1")

    def test_a_group_in_the_migration_is_the_models(self, migrate):
        """Historical models compare too: a data migration finds what the program wrote."""
        model = migrate(
            migrations.AddField("person", "ssn", ssn(null=True, deterministic=True, join_group="g")),
            migrations.AddField(
                "person", "other", EncryptedCharField(max_length=9, context="m.p.o", null=True, deterministic=True,
                                                      join_group="g"),
            ),
        )  # fmt: skip
        model.objects.update(ssn="1", other="1")
        assert model.objects.filter(ssn=models.F("other")).count() == 1

    def _is_indexed(self, database, *, unique):
        with connections[database].cursor() as cursor:
            found = connections[database].introspection.get_constraints(cursor, "moving_person").values()
        return any(one["columns"] == ["ssn"] and one["unique"] is unique for one in found)


@pytest.mark.usefixtures("people")
class TestAutodetector:
    def changes(self, before, after):
        states = [ProjectState(), ProjectState()]
        for state, model in zip(states, (before, after), strict=True):
            state.add_model(ModelState("moving", "Person", model))
        found = MigrationAutodetector(*states, NonInteractiveMigrationQuestioner(defaults={"ask_rename": True}))
        return [
            operation for migration in found._detect_changes().get("moving", []) for operation in migration.operations
        ]

    def test_the_same_field_makes_no_change(self):
        fields = [key(), ("ssn", ssn(indexes=["exact"])), *columns("ssn", "exact")]
        assert self.changes(fields, [(name, field.clone()) for name, field in fields]) == []

    def test_an_index_of_pieces_is_two_columns_and_an_index(self):
        with isolate_apps("ascend"):

            class Person(models.Model):
                name = EncryptedCharField(max_length=40, indexes=[Index("ngram-3", bits=8)])

                class Meta:
                    app_label = "moving"

            after = ModelState.from_model(Person)
            before = ModelState("moving", "Person", [("id", after.fields["id"]), ("name", ssn())])
        states = [ProjectState(), ProjectState()]
        for state, model in zip(states, (before, after), strict=True):
            state.add_model(model)
        found = MigrationAutodetector(*states, NonInteractiveMigrationQuestioner())._detect_changes()
        operations = found["moving"][0].operations
        assert [type(operation).__name__ for operation in operations] == [
            "AddField",
            "AddField",
            "AlterField",
            "AddIndex",
        ]
        (index,) = after.options["indexes"]
        assert (index.fields, index.deconstruct()[0]) == (["name_ngram_3_a"], "ascend.fields.DigestIndex")
        assert Person._meta.indexes[0].name == index.name

    def test_the_bits_of_an_index_are_in_the_migration(self):
        _, _, _, options = EncryptedCharField(max_length=9, indexes=["exact", Index("ngram-3", bits=8)]).deconstruct()
        assert options["indexes"] == ["exact", Index("ngram-3", bits=8)]
        text, imports = MigrationWriter.serialize(options["indexes"][1])
        assert (text, imports) == ("ascend.fields.Index('ngram-3', bits=8)", {"import ascend.fields"})

    def test_a_deterministic_field_is_two_columns(self):
        with isolate_apps("ascend"):

            class Person(models.Model):
                ssn = EncryptedCharField(
                    max_length=11, deterministic=True, join_group="ssn", context="moving.person.ssn"
                )

                class Meta:
                    app_label = "moving"

        state = ModelState.from_model(Person)
        assert list(state.fields) == ["id", "ssn", "ssn_deterministic_b"]
        again = [(name, field.clone()) for name, field in state.fields.items()]
        assert self.changes(list(state.fields.items()), again) == []
        text, imports = MigrationWriter.serialize(state.fields["ssn_deterministic_b"])
        assert (text, imports) == ("ascend.fields.SecondColumn(of='ssn')", {"import ascend.fields"})

    def test_a_renamed_field_that_keeps_its_label_is_a_rename(self):
        operations = self.changes([key(), ("ssn", ssn())], [key(), ("social", ssn())])
        assert [type(operation) for operation in operations] == [migrations.RenameField]


def test_the_people_app_needs_no_migration(people):
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None, ignore_no_migrations=True)
    autodetector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    assert "people" not in autodetector.changes(graph=loader.graph, trim_to_apps={"people"})
