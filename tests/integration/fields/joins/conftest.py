"""The joined tables on PostgreSQL and on SQLite, with keys in memory and one organization in force."""

import sys
import uuid

import pytest
from django.apps import AppConfig, apps
from django.db import connections, router, transaction

from ascend.scope import organization_scope
from ascend.testing import memory_keyring
from tests.integration.fields.joins import models
from tests.integration.fields.joins.models import APP

SQLITE = "joined_sqlite"


class JoinedRouter:
    def __init__(self, alias):
        self.alias = alias

    def db_for_read(self, model, **hints):
        return self.alias if model._meta.app_label == APP else None

    db_for_write = db_for_read


@pytest.fixture(scope="module")
def joined_app():
    """Put the models into the registry, for one module only."""
    config = AppConfig("tests.integration.fields.joins", sys.modules[__name__])
    config.label, config.apps, config.models = APP, apps, apps.all_models[APP]
    apps.app_configs[APP] = config
    apps.clear_cache()
    yield
    del apps.app_configs[APP]
    apps.clear_cache()


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def alias(request, joined_app, django_db_setup, django_db_blocker):
    """A database with the tables, which go when the module ends."""
    with django_db_blocker.unblock():
        name = "default" if request.param == "postgresql" else SQLITE
        if name == SQLITE:
            own = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {}}
            connections.settings[SQLITE] = {**connections.settings["default"], **own}
        tables = list(apps.all_models[APP].values())
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
    monkeypatch.setattr(router, "routers", [JoinedRouter(alias)])
    with django_db_blocker.unblock(), transaction.atomic(using=alias):
        yield alias
        transaction.set_rollback(True, using=alias)


@pytest.fixture
def keyring():
    with memory_keyring() as ring:
        yield ring


@pytest.fixture
def organization():
    return uuid.uuid4()


@pytest.fixture
def other_organization():
    return uuid.uuid4()


@pytest.fixture
def joined(database, keyring, organization):
    """The models, with an organization in force."""
    with organization_scope(organization):
        yield models


@pytest.fixture
def stored(database):
    """Read a column as the database holds it."""

    def read(instance, column):
        meta = type(instance)._meta
        with connections[database].cursor() as cursor:
            pk = meta.pk.get_db_prep_value(instance.pk, connections[database])
            cursor.execute(f"SELECT {column} FROM {meta.db_table} WHERE {meta.pk.column} = %s", [pk])  # noqa: S608
            value = cursor.fetchone()[0]
        return None if value is None else bytes(value)

    return read


@pytest.fixture
def write(database):
    """Write bytes into a column as someone with the database's password would."""

    def execute(instance, column, octets):
        meta = type(instance)._meta
        with connections[database].cursor() as cursor:
            pk = meta.pk.get_db_prep_value(instance.pk, connections[database])
            statement = f"UPDATE {meta.db_table} SET {column} = %s WHERE {meta.pk.column} = %s"  # noqa: S608
            cursor.execute(statement, [octets, pk])

    return execute


@pytest.fixture
def savepoint(database):
    return lambda: transaction.atomic(using=database)
