"""Values that can be changed without being assigned, and values that are equal without being the same."""

import copy
import math

import pytest
from django.db import connection

from tests.integration.fields.matrix.models import MODELS
from tests.integration.fields.tables import drop_left_over, editor_of

pytestmark = pytest.mark.usefixtures("organization_in_force")


@pytest.fixture
def organization_in_force(db, keyring, organization):
    from ascend.scope import organization_scope

    with organization_scope(organization):
        yield


@pytest.fixture
def table_of(db):
    """Make the table of a kind of field; the transaction takes it away, or we do."""
    made = []

    def make(kind, binding):
        made.append(MODELS[kind, binding].main)
        with editor_of(connection) as editor:
            editor.create_model(made[-1])
        return made[-1]

    yield make
    for model in made:
        drop_left_over(connection, model._meta.db_table)


@pytest.mark.parametrize("binding", ["field", "row"])
class TestJSON:
    def test_a_document_changed_in_place_is_saved(self, binding, table_of):
        model = table_of("JSON", binding)
        model.objects.create(name="n", value={"a": [1]})
        row = model.objects.get()
        row.value["a"].append(2)
        row.save()
        assert model.objects.get().value == {"a": [1, 2]}
        row.value["b"] = 3
        row.save(update_fields=["value"])
        assert model.objects.get().value == {"a": [1, 2], "b": 3}

    def test_true_is_not_1(self, binding, table_of):
        model = table_of("JSON", binding)
        model.objects.create(name="n", value={"a": 1})
        row = model.objects.get()
        assert row.value == {"a": True}
        row.value = {"a": True}
        row.save()
        assert model.objects.get().value["a"] is True

    def test_a_deep_copy_has_a_document_of_its_own(self, binding, table_of):
        model = table_of("JSON", binding)
        model.objects.create(name="n", value={"a": [1]})
        for row in (model.objects.get(), model(name="m", value={"a": [1]})):
            assert row.value == {"a": [1]}
            other = model()
            other.__dict__["value"] = copy.deepcopy(row.__dict__["value"])
            other.value["a"].append(2)
            assert row.value == {"a": [1]}


@pytest.mark.parametrize("binding", ["field", "row"])
def test_minus_zero_replaces_zero(binding, table_of):
    model = table_of("Float", binding)
    model.objects.create(name="n", value=0.0)
    row = model.objects.get()
    assert row.value == 0.0
    row.value = -0.0
    row.save()
    assert math.copysign(1, model.objects.get().value) == -1
