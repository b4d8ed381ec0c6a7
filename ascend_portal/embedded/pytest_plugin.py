"""Starts the real servers before pytest-django imports the settings, and ends them with the run.

Loaded with `-p`: pytest-django reads the settings in `pytest_load_initial_conftests`, before any conftest.
A run that was given PGHOST or DATABASE_URL, and REDIS_URL, uses those servers instead.
"""

import atexit
import base64
import os
import secrets
import shutil
import tempfile

import pytest

from ascend_portal.embedded.postgres import PostgresServer
from ascend_portal.embedded.valkey import ValkeyServer


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start what the environment does not name; workers of pytest-xdist inherit it."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    _give_environment()
    if not (os.environ.get("PGHOST") or os.environ.get("DATABASE_URL")):
        _start_postgres()
    if not os.environ.get("REDIS_URL"):
        _start_valkey()


def _give_environment() -> None:
    """Give the settings what a deployment would: secrets of this run only, and a folder that goes with it."""
    data_dir = tempfile.mkdtemp(prefix="ascend-tests-")
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
    environment = {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ASCEND_REGISTRY_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "ASCEND_DEPLOYMENT": "tests",
        "ASCEND_ENVIRONMENT": "tests",
        "ASCEND_LOCAL_KEYS_DIR": f"{data_dir}/keys",
        "DATA_DIR": data_dir,
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        # The test client and Chromium speak plain http; tests of the TLS settings start processes of their own.
        "HTTPS_ONLY": "false",
    }
    for name, value in environment.items():
        os.environ.setdefault(name, value)


def _start_postgres() -> None:
    server = PostgresServer()
    atexit.register(server.stop)
    os.environ.update(server.start().environment)


def _start_valkey() -> None:
    server = ValkeyServer()
    atexit.register(server.stop)
    os.environ["REDIS_URL"] = server.start().url
