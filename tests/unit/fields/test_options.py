"""What a field is made of, in a model and in a migration."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps

from ascend.fields import EncryptedCharField, EncryptedDateField, Index, IndexColumn, types
from ascend.fields.scheme import Scheme, as_indexes

TYPES = [getattr(types, name) for name in types.__all__]


@isolate_apps("ascend")
def model_with(**fields):
    body = {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "ascend"}), **fields}
    return type("Person", (models.Model,), body)


class TestMigrations:
    @pytest.mark.parametrize("kind", TYPES)
    def test_a_field_is_written_with_a_stable_path_and_its_label(self, kind):
        field = model_with(value=kind())._meta.get_field("value")
        name, path, args, kwargs = field.deconstruct()
        assert (name, path, args) == ("value", f"ascend.fields.{kind.__name__}", [])
        assert kwargs["context"] == "ascend.person.value"
        assert not {"db_index", "max_digits", "decimal_places", "editable"} & set(kwargs)
        assert field.clone().deconstruct()[1:] == (path, args, kwargs)

    def test_a_written_label_stays_when_the_field_is_renamed(self):
        field = model_with(social=EncryptedCharField(max_length=9, context="old.person.ssn"))._meta.get_field("social")
        assert field.deconstruct()[3]["context"] == "old.person.ssn"

    def test_no_default_is_written(self):
        field = model_with(value=EncryptedCharField(max_length=9, default="secret"))._meta.get_field("value")
        written, _ = MigrationWriter.serialize(field)
        assert "secret" not in written
        assert field.model().value == "secret"

    def test_uniqueness_is_the_index_columns(self):
        model = model_with(value=EncryptedCharField(max_length=9, unique=True, indexes=["exact", "last4"]))
        assert "unique" not in model._meta.get_field("value").deconstruct()[3]
        assert model._meta.get_field("value_exact_a").deconstruct()[3] == {
            "of": "value", "index": "exact", "unique": True,
        }  # fmt: skip
        assert model._meta.get_field("value_last4_a").deconstruct()[3] == {
            "of": "value", "index": "last4", "db_index": True,
        }  # fmt: skip
        assert model._meta.get_field("value_last4_b").deconstruct()[3] == {
            "of": "value", "index": "last4", "letter": "b",
        }  # fmt: skip

    def test_the_index_columns_stand_in_no_form_and_no_serializer(self):
        model = model_with(value=EncryptedCharField(max_length=9, indexes=["exact"]))
        for column in (field for field in model._meta.get_fields() if isinstance(field, IndexColumn)):
            assert not column.editable
            assert not column.serialize
            assert column.null

    def test_a_subclass_of_a_project_keeps_its_own_path(self):
        class Ssn(EncryptedCharField):
            pass

        assert model_with(value=Ssn(max_length=9))._meta.get_field("value").deconstruct()[1].endswith(".Ssn")


class TestScheme:
    def test_it_is_frozen(self):
        with pytest.raises(AttributeError):
            Scheme().bind = "row"

    def test_names_and_indexes_are_the_same(self):
        assert as_indexes(["exact", Index("last4")]) == (Index("exact"), Index("last4"))

    def test_a_dash_is_an_underscore_in_a_lookup(self):
        assert Index("email-domain").column_name("email", "a") == "email_email_domain_a"
        assert Scheme(indexes=as_indexes(["email-domain"])).index_called("email_domain") == Index("email-domain")

    def test_exact_knows_the_empty_string_and_the_others_do_not(self):
        assert Index("exact").normalise("") == ""
        assert Index("casefold").normalise(" ") is None
        assert Index("last4").normalise("12") is None


class TestDates:
    field = EncryptedDateField()

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (dt.date(1980, 5, 17), dt.date(1980, 5, 17)),
            (dt.datetime(1980, 5, 17, 23, 59), dt.date(1980, 5, 17)),  # noqa: DTZ001
            (dt.datetime(1980, 5, 17, 12, tzinfo=dt.UTC), dt.date(1980, 5, 17)),
            ("1980-05-17", dt.date(1980, 5, 17)),
            (None, None),
        ],
    )
    def test_what_django_takes_is_taken(self, given, expected):
        assert self.field.to_python(given) == expected

    @pytest.mark.parametrize("given", ["1980-02-31", "17.5.1980", "", 1980, "1980-05-17T00:00"])
    def test_what_is_no_date_is_refused_without_being_repeated(self, given):
        with pytest.raises(ValidationError) as error:
            self.field.to_python(given)
        assert error.value.params is None
        assert error.value.__context__ is None
        assert "1980" not in error.value.message

    def test_its_text_has_ten_characters(self):
        assert self.field.text_of(dt.date(33, 4, 3)) == "0033-04-03"
