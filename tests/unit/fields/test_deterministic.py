"""What a deterministic field and a join group are in a model and in a migration."""

import pytest
from django.db import models
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps

from ascend.fields import EncryptedCharField, EncryptedSlugField, Index, SecondColumn, types
from ascend.fields.key_names import Group
from ascend.fields.scheme import Scheme

TYPES = [getattr(types, name) for name in types.__all__]


@isolate_apps("ascend")
def field_of(kind=EncryptedCharField, **options):
    body = {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "ascend"}), "value": kind(**options)}
    return type("Person", (models.Model,), body)._meta.get_field("value")


def written(**options):
    kwargs = field_of(max_length=9, **options).deconstruct()[3]
    return {name: value for name, value in kwargs.items() if name not in {"max_length", "context"}}


@pytest.mark.parametrize("kind", TYPES)
def test_a_migration_says_that_it_is_deterministic_and_of_which_group(kind):
    _, path, args, kwargs = field_of(kind, deterministic=True, join_group="g").deconstruct()
    assert (path, args) == (f"ascend.fields.{kind.__name__}", [])
    assert (kwargs["deterministic"], kwargs["join_group"]) == (True, "g")
    assert "db_index" not in kwargs
    assert kwargs["context"] == "ascend.person.value"
    assert field_of(kind, deterministic=True).db_index
    assert not field_of(kind, deterministic=True, unique=True).db_index


def test_uniqueness_and_the_index_are_the_columns_own():
    assert written(deterministic=True) == {"deterministic": True}
    assert written(deterministic=True, unique=True) == {"deterministic": True, "unique": True}
    assert written(deterministic=True, unique=True, db_index=True)["db_index"]
    assert written(deterministic=True, db_index=False) == {"deterministic": True, "db_index": False}
    assert written(deterministic=True, default="secret") == {"deterministic": True}
    assert written(indexes=["exact"], join_group="g") == {"indexes": ["exact"], "join_group": "g"}


@pytest.mark.parametrize("kind", [EncryptedCharField, EncryptedSlugField])
@pytest.mark.parametrize(
    "options", [{}, {"db_index": False}, {"unique": True}, {"join_group": "g"}, {"indexes": ["last4"]}]
)
def test_a_clone_is_the_same(kind, options):
    field = field_of(kind, max_length=9, deterministic=True, **options)
    assert field.clone().deconstruct()[1:] == field.deconstruct()[1:]


def test_the_migration_is_python_that_makes_the_field_again():
    text, imports = MigrationWriter.serialize(field_of(max_length=9, deterministic=True, join_group="g"))
    assert imports == {"import ascend.fields"}
    assert "deterministic=True" in text
    assert "join_group='g'" in text


def test_the_second_column_is_added_and_named_like_any_other():
    column = field_of(max_length=9, deterministic=True).model._meta.get_field("value_deterministic_b")
    assert isinstance(column, SecondColumn)
    assert column.deconstruct() == ("value_deterministic_b", "ascend.fields.SecondColumn", [], {"of": "value"})


def test_a_field_that_is_not_deterministic_has_none():
    names = {field.name for field in field_of(max_length=9, indexes=["exact"]).model._meta.get_fields()}
    assert names == {"id", "value", "value_exact_a", "value_exact_b"}


def test_a_group_is_never_a_label():
    assert Group("people.person.ssn") != "people.person.ssn"
    assert Scheme(context="a", is_deterministic=True).key_name == Group("a")
    assert Scheme(context="a", is_deterministic=True, join_group="g").key_name == Group("g")
    assert Scheme(context="a", join_group="g").key_name == "a"
    assert Scheme(context="a", join_group="g").group_label == "g"
    assert Scheme(context="a", indexes=(Index("exact"),)).group_label == "a"
