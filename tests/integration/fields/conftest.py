"""The third party's models, on PostgreSQL and on SQLite, with keys in memory and one organization in force."""

import sys
import uuid
from pathlib import Path

import pytest
from django.apps import AppConfig, apps
from django.db import connections, router, transaction

from ascend.scope import organization_scope
from ascend.testing import memory_keyring

SQLITE = "people_sqlite"
PROJECT = Path(__file__).parents[2] / "thirdparty"


class PeopleRouter:
    """Sends the models of `people` to the database under test."""

    def __init__(self, alias):
        self.alias = alias

    def db_for_read(self, model, **hints):
        return self.alias if model._meta.app_label == "people" else None

    db_for_write = db_for_read


def create_tables(alias):
    if "people_customer" in connections[alias].introspection.table_names():
        return  # tests/misuse imports these fixtures too
    with connections[alias].schema_editor() as editor:
        for model in apps.get_app_config("people").get_models():
            if not model._meta.proxy:
                editor.create_model(model)


@pytest.fixture(scope="session")
def people_app():
    """Put the third party's app into the registry. `modify_settings` would make every app ready a second time."""
    if "people" in apps.app_configs:
        yield
        return
    sys.path.append(str(PROJECT))
    config = AppConfig.create("people")
    config.apps = apps
    apps.app_configs["people"] = config
    config.import_models()
    apps.clear_cache()
    yield
    del apps.app_configs["people"]
    apps.clear_cache()
    sys.path.remove(str(PROJECT))


@pytest.fixture(scope="session")
def people_tables(people_app, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        create_tables("default")
        connections.settings[SQLITE] = {
            **connections.settings["default"],
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": ":memory:",
            "OPTIONS": {},
        }
        connection = connections[SQLITE]
        create_tables(SQLITE)
        connection.disable_constraint_checking()  # its schema editor asks for that before a transaction begins
        del connections.settings[SQLITE], connections[SQLITE]
        yield connection
        connection.close()


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request, db, people_tables, monkeypatch):
    """The alias of the database that the test's queries go to; rolled back at its end."""
    alias = "default" if request.param == "postgresql" else SQLITE
    monkeypatch.setattr(router, "routers", [PeopleRouter(alias)])
    if alias == "default":
        yield alias
        return
    connections.settings[SQLITE] = people_tables.settings_dict
    connections[SQLITE] = people_tables
    with transaction.atomic(using=SQLITE):
        yield alias
        transaction.set_rollback(True, using=SQLITE)
    del connections.settings[SQLITE], connections[SQLITE]


@pytest.fixture
def keyring():
    with memory_keyring() as ring:
        yield ring


@pytest.fixture
def organization():
    return uuid.uuid4()


@pytest.fixture
def people(database, keyring, organization):
    """The models, with an organization in force."""
    from people import models  # the app is installed by a fixture

    with organization_scope(organization):
        yield models


@pytest.fixture
def stored(database):
    """Read a column as the database holds it."""

    def read(instance, column):
        meta = type(instance)._meta
        field = meta.get_field(column)
        with connections[database].cursor() as cursor:
            pk = meta.pk.get_db_prep_value(instance.pk, connections[database])
            statement = f"SELECT {field.column} FROM {field.model._meta.db_table} WHERE {meta.pk.column} = %s"  # noqa: S608
            cursor.execute(statement, [pk])
            value = cursor.fetchone()[0]
        return None if value is None else bytes(value)

    return read


@pytest.fixture
def savepoint(database):
    """A savepoint on the database under test: PostgreSQL runs no query after an error without one."""
    return lambda: transaction.atomic(using=database)


@pytest.fixture
def second_organization():
    return uuid.uuid4()
