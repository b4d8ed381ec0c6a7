"""The checks of deterministic columns and join groups: found where they should be, silent where they should be."""

import pytest
from django.core import checks
from django.db import models
from django.test.utils import isolate_apps

from ascend.fields import (
    EncryptedBigIntegerField,
    EncryptedBinaryField,
    EncryptedBooleanField,
    EncryptedCharField,
    EncryptedDateField,
    EncryptedDecimalField,
    EncryptedEmailField,
    EncryptedFloatField,
    EncryptedIntegerField,
    EncryptedJSONField,
    inventory,
    join_checks,
)
from ascend.fields import checks as field_checks
from tests.unit.fields.test_checks import char, found, uuid_key

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize(
    ("identity", "field", "others"),
    [
        ("ascend.E150", lambda: char(deterministic=True, bind="row"), {"key": uuid_key}),
        ("ascend.E151", lambda: EncryptedFloatField(deterministic=True), {}),
        ("ascend.E151", lambda: EncryptedJSONField(deterministic=True), {}),
        ("ascend.E152", lambda: char(deterministic=True, indexes=["exact"]), {}),
        ("ascend.E153", lambda: char(deterministic=True, join_group="x" * 201), {}),
        ("ascend.E155", lambda: char(join_group="ssn"), {}),
        ("ascend.E156", lambda: char(deterministic=True, shred_with="person_id"), {}),
        ("ascend.W118", lambda: EncryptedBooleanField(deterministic=True), {}),
        ("ascend.E102", lambda: char(deterministic=True, unique_for_date="day"), {}),
        ("ascend.E112", lambda: char(deterministic=True), {"meta": {"ordering": ["value"]}}),
    ],
)
def test_it_is_found(identity, field, others):
    assert identity in found(field(), **others)


@pytest.mark.parametrize(
    ("field", "others"),
    [
        (lambda: char(deterministic=True), {}),
        (lambda: char(deterministic=True, unique=True), {}),
        (lambda: char(deterministic=True, db_index=False), {"key": uuid_key}),
        (lambda: char(deterministic=True, indexes=["last4"], join_group="x" * 200), {}),
        (lambda: char(indexes=["exact"], join_group="ssn"), {}),
        (lambda: EncryptedBinaryField(deterministic=True), {}),
        (lambda: EncryptedIntegerField(deterministic=True), {}),
        (lambda: char(deterministic=True), {"meta": {"unique_together": [("id", "value")]}}),
        (lambda: char(deterministic=True), {"meta": {"indexes": [models.Index(fields=["value"], name="i")]}}),
        (
            lambda: char(deterministic=True),
            {"meta": {"constraints": [models.UniqueConstraint(fields=["value"], name="u")]}},
        ),
    ],
)
def test_a_sound_field_is_left_in_peace(field, others):
    assert not found(field(), **others)


def groups_of(monkeypatch, *fields):
    """Return what the check of groups finds in two or more models with one column each."""
    with isolate_apps("ascend") as isolated:
        for number, field in enumerate(fields):
            meta = type("Meta", (), {"app_label": "ascend"})
            type(f"Model{number}", (models.Model,), {"__module__": __name__, "value": field, "Meta": meta})
        monkeypatch.setattr(inventory, "apps", isolated)
        monkeypatch.setattr(join_checks, "apps", isolated)
        return join_checks.check_groups(None)


@pytest.mark.parametrize(
    "pair",
    [
        (EncryptedDateField, EncryptedCharField),
        (EncryptedIntegerField, EncryptedCharField),
        (
            lambda **options: EncryptedDecimalField(max_digits=9, decimal_places=2, **options),
            lambda **options: EncryptedDecimalField(max_digits=9, decimal_places=3, **options),
        ),
    ],
)
def test_a_group_whose_columns_can_have_no_equal_values_is_found(monkeypatch, pair):
    (message,) = groups_of(monkeypatch, *(make(deterministic=True, join_group="g") for make in pair))
    assert message.id == "ascend.E154"
    assert 'Model0.value and ascend.Model1.value, both in "g"' in message.msg


@pytest.mark.parametrize(
    "pair",
    [
        (EncryptedEmailField, EncryptedCharField),
        (EncryptedIntegerField, EncryptedBigIntegerField),
        (EncryptedDateField, EncryptedDateField),
    ],
)
def test_columns_of_equal_octets_are_left_in_peace(monkeypatch, pair):
    assert not groups_of(monkeypatch, *(make(deterministic=True, join_group="g") for make in pair))


def test_a_group_named_as_a_column_is_found(monkeypatch):
    (message,) = groups_of(
        monkeypatch, char(indexes=["exact"]), char(indexes=["exact"], join_group="ascend.model0.value")
    )
    assert (message.id, message.hint) == ("ascend.E153", "Give the group another name.")


def test_a_foreign_key_to_a_deterministic_column_is_found():
    with isolate_apps("ascend"):

        class Owner(models.Model):
            value = char(deterministic=True, unique=True)

            class Meta:
                app_label = "ascend"

        class Pet(models.Model):
            owner = models.ForeignKey(Owner, on_delete=models.CASCADE, to_field="value")

            class Meta:
                app_label = "ascend"

        assert "ascend.E114" in {message.id for message in field_checks.check_field(Owner._meta.get_field("value"))}


def test_the_check_is_registered():
    assert join_checks.check_groups in checks.registry.registry.get_checks()
