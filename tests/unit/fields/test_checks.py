"""Every check id of the fields: found where it should be, silent where it should be."""

import uuid

import pytest
from django.apps import apps
from django.core import checks
from django.db import models
from django.test.utils import isolate_apps

from ascend.fields import (
    EncryptedBinaryField,
    EncryptedBooleanField,
    EncryptedCharField,
    EncryptedDateField,
    EncryptedFloatField,
    EncryptedIntegerField,
    EncryptedJSONField,
    EncryptedManager,
    EncryptedUUIDField,
    Index,
)
from ascend.fields import checks as field_checks

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def serial():
    return models.BigAutoField(primary_key=True)


def uuid_key():
    return models.UUIDField(primary_key=True, default=uuid.uuid4)


def found(field, *, key=serial, meta=None, **attributes):
    """Return the ids that the checks of one field give in a model made for it."""
    body = {"__module__": __name__, "objects": EncryptedManager(), "id": key(), "value": field, **attributes}
    body["Meta"] = type("Meta", (), {"app_label": "checked", **(meta or {})})
    with isolate_apps("ascend"):
        model = type("Checked", (models.Model,), body)
        return {message.id for message in field_checks.check_field(model._meta.get_field("value"))}


def char(**options):
    return EncryptedCharField(max_length=20, **options)


@pytest.mark.parametrize(
    ("identity", "field", "others"),
    [
        ("ascend.E101", lambda: char(bind="table"), {}),
        ("ascend.E102", lambda: char(db_index=True), {}),
        ("ascend.E103", lambda: char(db_default="x"), {}),
        ("ascend.E104", lambda: EncryptedDateField(auto_now=True), {}),
        ("ascend.E105", lambda: char(indexes=["soundex"]), {}),
        ("ascend.E105", lambda: char(indexes=["prefix-99"]), {}),
        ("ascend.E105", lambda: char(indexes=["ngram-9"]), {}),
        ("ascend.E105", lambda: EncryptedDateField(indexes=["range-date-0"]), {}),
        ("ascend.E106", lambda: char(indexes=[Index("casefold", bits=12)]), {}),
        ("ascend.E106", lambda: char(indexes=[Index("casefold", bits=512)]), {}),
        ("ascend.E107", lambda: char(indexes=["exact", "exact"]), {}),
        ("ascend.E108", lambda: char(unique=True), {}),
        ("ascend.E108", lambda: char(unique=True, indexes=["casefold"]), {}),
        ("ascend.E109", lambda: char(bind="row"), {}),
        ("ascend.E109", lambda: char(bind="row"), {"key": lambda: models.UUIDField(primary_key=True)}),
        ("ascend.I110", char, {"key": uuid_key}),
        ("ascend.E111", char, {"organization_field": "organization"}),
        ("ascend.E112", char, {"meta": {"ordering": ["-value"]}}),
        ("ascend.E112", char, {"meta": {"ordering": [models.F("value").desc()]}}),
        ("ascend.E113", char, {"meta": {"unique_together": [("id", "value")]}}),
        ("ascend.E113", char, {"meta": {"indexes": [models.Index(fields=["value"], name="i")]}}),
        ("ascend.E113", char, {"meta": {"constraints": [models.UniqueConstraint(fields=["value"], name="u")]}}),
        ("ascend.E117", lambda: EncryptedFloatField(indexes=["exact"]), {}),
        ("ascend.E117", lambda: EncryptedJSONField(indexes=["exact"]), {}),
        ("ascend.E117", lambda: EncryptedBinaryField(indexes=["exact"]), {}),
        ("ascend.E117", lambda: EncryptedUUIDField(indexes=["last4"]), {}),
        ("ascend.E117", lambda: EncryptedDateField(indexes=["casefold"]), {}),
        ("ascend.E117", lambda: char(indexes=["range-number-100"]), {}),
        ("ascend.E117", lambda: EncryptedIntegerField(indexes=["ngram-3"]), {}),
        ("ascend.W118", lambda: EncryptedBooleanField(indexes=["exact"]), {}),
        ("ascend.E119", lambda: char(indexes=[Index("exact", bits=64)], unique=True), {}),
        ("ascend.W120", lambda: char(indexes=["ngram-3"]), {}),
        ("ascend.W115", lambda: char(indexes=["exact"]), {"objects": models.Manager()}),
        ("ascend.W115", lambda: char(bind="row"), {"objects": models.Manager(), "key": uuid_key}),
    ],
)
def test_it_is_found(identity, field, others):
    assert identity in found(field(), **others)


@pytest.mark.parametrize(
    "field",
    [
        lambda: EncryptedIntegerField(indexes=["exact"]),
        lambda: EncryptedDateField(indexes=["exact", "year", "month", "range-date-32"]),
        lambda: EncryptedIntegerField(indexes=[Index("range-number-100", bits=24)]),
        lambda: char(indexes=[Index("exact", bits=16), Index("ngram-3", bits=8), "prefix-3", "phone"]),
        EncryptedFloatField,
        EncryptedBooleanField,
    ],
)
def test_an_index_that_suits_its_type_is_not_reported(field):
    assert not {identity for identity in found(field()) if identity >= "ascend.E105"} - {"ascend.W115"}


def test_a_foreign_key_to_an_encrypted_column_is_found():
    with isolate_apps("ascend"):

        class Owner(models.Model):
            value = char(indexes=["exact"], unique=True)

            class Meta:
                app_label = "ascend"

        class Pet(models.Model):
            owner = models.ForeignKey(Owner, on_delete=models.CASCADE, to_field="value")

            class Meta:
                app_label = "ascend"

        assert "ascend.E114" in {message.id for message in field_checks.check_field(Owner._meta.get_field("value"))}


@pytest.mark.parametrize(
    ("field", "others"),
    [
        (char, {}),
        (lambda: char(indexes=["exact", "last4"], unique=True), {}),
        (lambda: char(bind="row", indexes=["exact"]), {"key": uuid_key}),
        (lambda: char(bind="row"), {"key": lambda: models.CharField(primary_key=True, max_length=8)}),
        (char, {"organization_field": "owner_id", "owner_id": models.UUIDField()}),
        (char, {"meta": {"ordering": ["id", "?"]}}),
        (char, {"objects": models.Manager()}),
    ],
)
def test_a_sound_field_is_left_in_peace(field, others):
    assert not found(field(), **others)


def test_two_columns_of_one_label_are_found(monkeypatch):
    with isolate_apps("ascend") as isolated:

        class First(models.Model):
            value = char(context="checked.first.value")

            class Meta:
                app_label = "ascend"

        class Second(models.Model):
            value = char(context="checked.first.value")

            class Meta:
                app_label = "ascend"

        monkeypatch.setattr(field_checks, "apps", isolated)
        (message,) = field_checks.check_labels(None)
    assert message.id == "ascend.E116"
    assert "First.value and ascend.Second.value" in message.msg


def test_the_checks_are_registered():
    assert {field_checks.check_fields, field_checks.check_labels} <= set(checks.registry.registry.get_checks())
    assert apps.is_installed("ascend")


def test_a_message_says_what_to_do():
    with isolate_apps("ascend"):

        class Checked(models.Model):
            value = char(unique=True)

            class Meta:
                app_label = "checked"

        (message,) = field_checks.check_field(Checked._meta.get_field("value"))
    assert message.msg == "checked.Checked.value: unique=True has no index to stand on."
    assert message.hint == 'Add indexes=["exact"].'
