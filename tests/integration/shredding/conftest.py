"""A shop with a key database of its own, on PostgreSQL. `test_sqlite_shop.py` has both databases on SQLite."""

import sys
import uuid
from pathlib import Path

import pytest
from django.apps import AppConfig, apps
from django.db import connections, router
from django.test import override_settings

from ascend.keychain import keyring
from ascend.keychain.router import KeyDatabaseRouter
from ascend.keychain.subject_models import SubjectKey
from ascend.scope import organization_scope

KEYS = "person_keys"
PROJECT = Path(__file__).parent / "project"


@pytest.fixture(scope="session")
def key_settings(django_db_setup, django_db_blocker):
    """Create a database for the keys beside the main one, and return its entry for DATABASES."""
    with django_db_blocker.unblock():
        name = f"{connections['default'].settings_dict['NAME']}_keys"
        with connections["default"].cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}"')
        connections.settings[KEYS] = {**connections.settings["default"], "NAME": name}
        with connections[KEYS].schema_editor() as editor:
            editor.create_model(SubjectKey)
        connections[KEYS].close()
        del connections[KEYS]
    return connections.settings.pop(KEYS)


@pytest.fixture(scope="module")
def shop_app(django_db_setup, django_db_blocker):
    """Have the shop's app in the registry, and its tables. Without it the checks would miss the key database."""
    sys.path.append(str(PROJECT))
    config = AppConfig.create("shop")
    config.apps = apps
    apps.app_configs["shop"] = config
    config.import_models()
    apps.clear_cache()
    with django_db_blocker.unblock():
        create_tables(config)
    yield
    del apps.app_configs["shop"]
    apps.clear_cache()
    sys.path.remove(str(PROJECT))


def create_tables(config):
    if "shop_customer" not in connections["default"].introspection.table_names():
        with connections["default"].schema_editor() as editor:
            for model in config.get_models():
                editor.create_model(model)


@pytest.fixture(scope="module", autouse=True)
def key_database(shop_app, key_settings):
    """Let the tests of a module have the key database, and its router. Others know nothing of it."""
    connections.settings[KEYS] = key_settings
    before, router.routers = router.routers, [KeyDatabaseRouter()]
    with override_settings(
        ASCEND_KEY_DATABASE=KEYS, ASCEND_JOURNAL="tests.integration.shredding.conftest.note", ASCEND_BROADCAST=""
    ):
        yield
    router.routers = before
    connections[KEYS].close()
    del connections.settings[KEYS], connections[KEYS]


@pytest.fixture
def fresh(db, key_database):
    """A process that holds no key, and a journal without events."""
    events.clear()
    keyring.close()
    yield
    keyring.close()


events = []


def note(event, *, organization_id, details):
    """A journal that a test can read."""
    events.append((event, organization_id, dict(details)))


@pytest.fixture
def organization():
    return uuid.uuid4()


@pytest.fixture
def other_organization():
    return uuid.uuid4()


@pytest.fixture
def shop(fresh, organization):
    """The models, with an organization in force."""
    from shop import models  # the app is installed by a fixture

    with organization_scope(organization):
        yield models


@pytest.fixture
def journal(shop):
    """The events of this test so far."""
    return events


@pytest.fixture
def customer(shop, organization):
    return shop.Customer.objects.create(
        organization_id=organization, number="1", ssn="123-45-6789", email="ada@example.org"
    )


@pytest.fixture
def stored():
    """Read columns of a row as the database holds them."""

    def read(instance, *columns):
        meta = type(instance)._meta
        with connections["default"].cursor() as cursor:
            names = ", ".join(columns)
            cursor.execute(f"SELECT {names} FROM {meta.db_table} WHERE id = %s", [instance.pk])  # noqa: S608
            values = [None if value is None else bytes(value) for value in cursor.fetchone()]
        return values[0] if len(values) == 1 else values

    return read
