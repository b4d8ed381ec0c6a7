"""The fields on MariaDB, with a real server where the machine has one: a project with real keys, and our own tests."""

import json
import shutil

import pytest

from tests.counts import IS_FULL
from tests.platforms.conftest import TRIED
from tests.platforms.environments import NotHere
from tests.platforms.mariadb import MariaDbServer
from tests.platforms.test_platforms import CORE, ORM, TOOLS, environment, library_tests, tell_the_story

PYTHON, DJANGO = "3.13", "6.1"


@pytest.fixture(scope="module")
def interpreter():
    if shutil.which("mariadb_config") is None:
        pytest.skip("no MariaDB client library to build mysqlclient with; on Debian: apt-get install libmariadb-dev")
    return environment(PYTHON, f"Django=={DJANGO}.*", "cryptography>=44", *TOOLS, "mysqlclient")


@pytest.fixture(scope="module")
def server(interpreter):
    try:
        with MariaDbServer() as running:
            yield running
    except NotHere as missing:
        pytest.skip(str(missing))


def test_a_project_on_mariadb(interpreter, server, wheel, tmp_path):
    where = {"ENGINE": "django.db.backends.mysql", "NAME": "people", "USER": server.user, "HOST": str(server.socket)}
    server.create_database("people")
    tell_the_story(interpreter, wheel, tmp_path, THIRDPARTY_SERVER=json.dumps(where))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_librarys_own_tests_pass_on_mariadb(interpreter, server):
    passed = library_tests(interpreter, server.place, [*(ORM if IS_FULL else CORE), "tests/platforms/on_mariadb"])
    TRIED[f"MariaDB, Django {DJANGO} on Python {PYTHON}"] = (
        f"the third party's project, and {passed} tests of the library"
    )
