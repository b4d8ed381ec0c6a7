"""Every operation with every type, in both bindings, on both databases: it works, or is refused as the guide says."""

import os
import re
import sys
import uuid
from pathlib import Path

import pytest
from django.apps import AppConfig, apps
from django.db import connections, models, router, transaction
from django.test.utils import isolate_apps

from ascend.fields import EncryptedManager, OperationRefused, checks, inventory, join_checks
from ascend.scope import organization_scope
from ascend.testing import memory_keyring
from tests.integration.fields.matrix.expected import (
    ALWAYS,
    GUIDES_DJANGO,
    REFUSALS,
    ROW_BOUND,
    WITHOUT_INDEX,
    page,
    refusal,
)
from tests.integration.fields.matrix.models import APP, BINDINGS, KINDS, MODELS, exists
from tests.integration.fields.matrix.operations import OPERATIONS, Case, ModelSerializer

pytestmark = pytest.mark.filterwarnings("ignore:The default scheme")  # of a URL in a form, in Django 6.0

PAGE = Path(__file__).parents[4] / "docs/guides/fields-matrix.md"
SQLITE = "every_sqlite"
LEFT_OUT = () if ModelSerializer else ("REST serializers",)
CELLS = 55 * 21 * 3 * 2


class EveryRouter:
    def __init__(self, alias):
        self.alias = alias

    def db_for_read(self, model, **hints):
        return self.alias if model._meta.app_label == APP else None

    db_for_write = db_for_read


@pytest.fixture(scope="module")
def every_app():
    """Put the models into the registry, for this module only."""
    config = AppConfig(__package__ or "tests.integration.fields.matrix", sys.modules[__name__])
    config.label, config.apps, config.models = APP, apps, apps.all_models[APP]
    apps.app_configs[APP] = config
    apps.clear_cache()
    yield
    del apps.app_configs[APP]
    apps.clear_cache()


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def alias(request, every_app, django_db_setup, django_db_blocker):
    """A database with the tables of every model, which go when the module ends."""
    with django_db_blocker.unblock():
        name = "default" if request.param == "postgresql" else SQLITE
        if name == SQLITE:
            own = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {}}
            connections.settings[SQLITE] = {**connections.settings["default"], **own}
        tables = [model for model in apps.all_models[APP].values() if not model._meta.proxy]
        with connections[name].schema_editor() as editor:
            for model in tables:
                editor.create_model(model)
        yield name
        if name == SQLITE:
            connections[name].close()
            del connections.settings[SQLITE], connections[SQLITE]
            return
        with connections[name].schema_editor() as editor:
            for model in reversed(tables):
                editor.delete_model(model)


@pytest.fixture
def database(alias, django_db_blocker, monkeypatch):
    monkeypatch.setattr(router, "routers", [EveryRouter(alias)])
    with django_db_blocker.unblock(), memory_keyring(), organization_scope(uuid.uuid4()):
        yield alias


def outcome(run, case):
    """Return what became of one cell: "works", the letter of its refusal, or the error that should not be."""
    expected = refusal(run[0], case.kind, case.binding, vendor=connections[case.database].vendor)
    try:
        with transaction.atomic(using=case.database):
            try:
                run[1](case)
            finally:
                transaction.set_rollback(True, using=case.database)
    except OperationRefused as refused:
        told = str(refused)
        return expected.letter if expected and re.search(expected.says, told) else f"refused: {told}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "works"


@pytest.mark.parametrize("binding", BINDINGS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_operation_works_or_is_refused_for_its_reason(kind, binding, database):
    case = Case(kind, binding, MODELS.get((kind.name, binding)), database)
    runs = OPERATIONS if exists(kind, binding) else dict.fromkeys(OPERATIONS, refused_by_check)
    found = {title: outcome((title, run), case) for title, run in runs.items() if title not in LEFT_OUT}
    vendor = connections[database].vendor
    wanted = {title: refusal(title, kind, binding, vendor=vendor) for title in found}
    assert found == {title: reason.letter if reason else "works" for title, reason in wanted.items()}


def refused_by_check(case):
    (message,) = messages_of(case.kind.make(bind=case.binding, null=True))
    raise OperationRefused(message.msg)


def messages_of(field):
    with isolate_apps("ascend"):
        body = {"__module__": __name__, "objects": EncryptedManager(), "value": field}
        type("Checked", (models.Model,), {**body, "Meta": type("Meta", (), {"app_label": "checked"})})
        return checks.check_field(field)


def test_every_model_of_the_matrix_passes_the_system_checks(every_app):
    fields = [field for model in apps.all_models[APP].values() for field in inventory.encrypted_fields(model)]
    found = [message for field in fields for message in checks.check_field(field) if message.is_serious()]
    assert len(fields) > len(KINDS) * len(BINDINGS)
    assert {message.id for message in found} <= {"ascend.W118"}
    assert not [message for message in join_checks.check_groups(None) if message.obj in fields]


def test_no_cell_is_left_out():
    assert len(OPERATIONS) * len(KINDS) * len(BINDINGS) * 2 == CELLS
    named = {*ALWAYS, *ROW_BOUND, *WITHOUT_INDEX}
    assert named <= set(OPERATIONS)
    used = {refusal(t, kind, binding, GUIDES_DJANGO) for t in OPERATIONS for kind in KINDS for binding in BINDINGS}
    assert used - {None} == set(REFUSALS)
    assert len({reason.letter for reason in REFUSALS}) == len(REFUSALS)


def test_the_guides_table_is_the_tests():
    written = page(list(OPERATIONS))
    if os.environ.get("ASCEND_WRITE_MATRIX"):
        PAGE.write_text(written)
    assert PAGE.read_text() == written, "ASCEND_WRITE_MATRIX=1 pytest tests/integration/fields/matrix"
