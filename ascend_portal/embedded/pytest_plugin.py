"""Starts the real servers before pytest-django imports the settings, and ends them with the run.

Loaded with `-p`: pytest-django reads the settings in `pytest_load_initial_conftests`, before any conftest.
A run that was given PGHOST or DATABASE_URL, and REDIS_URL, uses those servers instead.
"""

import atexit
import os

import pytest

from ascend_portal.embedded.postgres import PostgresServer
from ascend_portal.embedded.valkey import ValkeyServer


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start what the environment does not name; workers of pytest-xdist inherit it."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    if not (os.environ.get("PGHOST") or os.environ.get("DATABASE_URL")):
        _start_postgres()
    if not os.environ.get("REDIS_URL"):
        _start_valkey()


def _start_postgres() -> None:
    server = PostgresServer()
    atexit.register(server.stop)
    os.environ.update(server.start().environment)


def _start_valkey() -> None:
    server = ValkeyServer()
    atexit.register(server.stop)
    os.environ["REDIS_URL"] = server.start().url
