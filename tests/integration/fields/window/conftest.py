"""The moving tables on both databases, made as migrations make them: every column of a window may be NULL."""

import sys
import uuid
from pathlib import Path

import pytest
from django.apps import AppConfig, apps
from django.db import connections, router, transaction
from django.db.migrations.state import ModelState, ProjectState

from ascend.fields import watermarks
from ascend.scope import organization_scope
from ascend.testing import memory_keyring

PROJECT = Path(__file__).parents[3] / "thirdparty"
SQLITE = "moving_sqlite"


class MovingRouter:
    def __init__(self, alias):
        self.alias = alias

    def db_for_read(self, model, **hints):
        return self.alias if model._meta.app_label == "moving_shop" else None

    db_for_write = db_for_read


def historical(models):
    state = ProjectState()
    for model in models:
        state.add_model(ModelState.from_model(model))
    return state.apps.get_models()


def create_tables(alias, models):
    if "moving_shop_customer" in connections[alias].introspection.table_names():
        return
    with connections[alias].schema_editor() as editor:
        for model in models:
            editor.create_model(model)


@pytest.fixture(scope="session")
def moving_app():
    """Put the third party's second app into the registry."""
    if "moving_shop" in apps.app_configs:  # tests/concurrency imports these fixtures too
        yield apps.app_configs["moving_shop"].models_module
        return
    sys.path.append(str(PROJECT))
    config = AppConfig.create("moving_shop")
    config.apps = apps
    apps.app_configs["moving_shop"] = config
    config.import_models()
    apps.clear_cache()
    yield config.models_module
    del apps.app_configs["moving_shop"]
    apps.clear_cache()
    sys.path.remove(str(PROJECT))


@pytest.fixture(scope="session")
def moving_tables(moving_app, django_db_setup, django_db_blocker):
    from ascend.campaigns.models import Batch, Campaign, FailedRow

    ours = historical(apps.get_app_config("moving_shop").get_models())
    with django_db_blocker.unblock():
        create_tables("default", ours)
        connections.settings[SQLITE] = {
            **connections.settings["default"],
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": ":memory:",
            "OPTIONS": {},
        }
        connection = connections[SQLITE]
        create_tables(SQLITE, [*ours, Campaign, Batch, FailedRow])
        connection.disable_constraint_checking()
        del connections.settings[SQLITE], connections[SQLITE]
        yield connection
        connection.close()


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request, db, moving_tables, monkeypatch):
    alias = "default" if request.param == "postgresql" else SQLITE
    monkeypatch.setattr(router, "routers", [MovingRouter(alias)])
    watermarks.forget()
    if alias == "default":
        yield alias
        return
    connections.settings[SQLITE] = moving_tables.settings_dict
    connections[SQLITE] = moving_tables
    with transaction.atomic(using=SQLITE):
        yield alias
        transaction.set_rollback(True, using=SQLITE)
    del connections.settings[SQLITE], connections[SQLITE]


@pytest.fixture
def organization():
    return uuid.uuid4()


@pytest.fixture
def second_organization():
    return uuid.uuid4()


@pytest.fixture
def keyring():
    with memory_keyring() as ring:
        yield ring


@pytest.fixture
def shop(database, keyring, moving_app, organization):
    with organization_scope(organization):
        yield moving_app


@pytest.fixture
def raw(database):
    """Run SQL in the database under test; return the rows of a SELECT."""

    def run(sql, *params):
        with connections[database].cursor() as cursor:
            cursor.execute(sql, params)
            return [tuple(_plain(value) for value in row) for row in cursor.fetchall()] if cursor.description else None

    return run


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


@pytest.fixture
def old_customer(shop, raw):
    """A row as the project wrote it before: plaintext, and nothing in the new columns."""

    def insert(name, ssn, notes=None):
        raw("INSERT INTO moving_shop_customer (name, ssn, notes) VALUES (%s, %s, %s)", name, ssn, notes)
        return shop.Customer.objects.get(name=name).pk

    return insert


@pytest.fixture
def columns(raw):
    """What stands in the table: (old, envelope, digest)."""
    return lambda name: raw("SELECT ssn, ssn_sealed, ssn_exact_a FROM moving_shop_customer WHERE name = %s", name)[0]
