"""The library on every Django and Python that it claims, installed from its wheel, with nothing else.

Where a Python is missing its tests are skipped, and the end of the run says which.
"""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from tests.counts import IS_FULL
from tests.platforms import environments
from tests.platforms.conftest import TRIED

ROOT = environments.ROOT
STORY = ["migrated", "created", "read", "searched", "refused", "secret_at_rest", "checked"]
PLATFORMS = [
    ("3.11", "5.2"), ("3.12", "5.2"), ("3.13", "5.2"),
    ("3.12", "6.0"), ("3.13", "6.0"),
    ("3.12", "6.1"), ("3.13", "6.1"),
]  # fmt: skip
"""Every pair of Python and Django that both support. The portal's own suite is (3.11, 5.2)."""

ORM = [
    f"tests/integration/fields/{name}"
    for name in (
        "matrix", "joins", "window/test_reading_and_writing.py", "test_coarse_searches.py", "test_forms.py",
        "test_inheritance.py", "test_migrations.py", "test_refused.py", "test_row_bound.py", "test_searching.py",
        "test_updates.py", "test_values_in_place.py", "test_writing_and_reading.py",
    )
] + ["tests/misuse/fields"]  # fmt: skip
"""What depends on Django and on the database."""

KEYS = ["tests/unit/fields/test_checks.py", "tests/integration/keychain/test_keyring.py",
        "tests/integration/keychain/test_leases.py", "tests/integration/keychain/test_states.py"]  # fmt: skip
OTHERS = ["tests/unit/fields", "tests/unit/keychain", "tests/unit/envelope"]
CORE = [name for name in ORM if name.endswith(("matrix", "test_updates.py", "test_row_bound.py", "test_migrations.py"))]
BY_DEFAULT = {("3.13", "6.1"): CORE + KEYS[:2], ("3.12", "6.0"): ["tests/integration/fields/matrix"]}
"""Which of the library's own tests run on what in `make test`; `make test-all` runs more, and on every pair."""

TOOLS = ["pytest>=9", "pytest-django", "pytest-timeout", "hypothesis", "trustme", "psycopg[binary]>=3.2"]


def environment(python, *requirements):
    try:
        return environments.environment(python, *requirements)
    except environments.NotHere as missing:
        pytest.skip(str(missing))


def test_what_is_claimed_is_what_is_tried():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    claimed = [kind.rpartition(" :: ")[::2] for kind in project["classifiers"]]
    pythons, djangos = ({pair[n] for pair in PLATFORMS} for n in (0, 1))
    assert {version for kind, version in claimed if kind.endswith("Python")} == pythons
    assert {version for kind, version in claimed if kind.endswith("Django")} == djangos
    least, below = re.findall(r"Django>=([\d.]+),<([\d.]+)", " ".join(project["dependencies"]))[0]
    assert (least, below) == (min(djangos), "6.2")
    guide = (ROOT / "docs/guides/fields.md").read_text()
    for python, django in PLATFORMS:
        assert re.search(rf"^\| {re.escape(django)} \|.*\b{re.escape(python)}\b", guide, re.MULTILINE), (python, django)


def test_the_wheel_is_the_library_and_asks_for_two_packages(wheel):
    python = environment("3.11", "pkginfo")
    script = "import json, sys, pkginfo, zipfile; w = pkginfo.Wheel(sys.argv[1]);"
    script += "print(json.dumps([w.requires_dist, zipfile.ZipFile(sys.argv[1]).namelist()]))"
    told = subprocess.run([python, "-c", script, wheel], capture_output=True, text=True, check=True)
    asked, files = json.loads(told.stdout)
    assert sorted(re.match(r"\w+", line)[0] for line in asked if "extra ==" not in line) == ["Django", "cryptography"]
    folders = {file.partition("/")[0] for file in files}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"ascend"}
    assert {"ascend/py.typed", "ascend/fields/types/__init__.pyi"} <= set(files)


@pytest.mark.parametrize(("python", "django"), PLATFORMS, ids=lambda version: version)
def test_a_project_with_the_wheel_and_nothing_else(python, django, wheel, tmp_path):
    """Migrate, create, read, search, be refused: in an environment that holds Django, `cryptography` and the wheel."""
    interpreter = environment(python, f"Django=={django}.*", "cryptography>=44")
    tell_the_story(interpreter, wheel, tmp_path)
    TRIED[f"Django {django} on Python {python}"] = "the third party's project"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("python", "django"), PLATFORMS if IS_FULL else list(BY_DEFAULT), ids=lambda version: version)
def test_the_librarys_own_tests_pass_where_the_portal_is_not_installed(python, django, server):
    interpreter = environment(python, f"Django=={django}.*", "cryptography>=44", *TOOLS)
    folders = ORM + KEYS + OTHERS if IS_FULL else BY_DEFAULT[python, django]
    passed = library_tests(interpreter, server, folders)
    TRIED[f"Django {django} on Python {python}"] = f"the third party's project, and {passed} tests of the library"


@pytest.fixture
def server():
    """Where the run's own PostgreSQL is, in the words of `tests/platforms/settings.py`."""
    given = settings.DATABASES["default"]
    name = f"platform_{os.getpid()}"
    return {
        "SERVER": "postgresql",
        "NAME": name,
        **{key: str(given[key]) for key in ("HOST", "PORT", "USER", "PASSWORD")},
    }


def library_tests(interpreter, server, folders):
    """Run tests of the library in another environment, and return how many passed."""
    told = subprocess.run(
        [interpreter, "-m", "pytest", "-c", "tests/platforms/library.ini", "--rootdir", ".", "-q", "--tb=short",
         *folders],
        env={"PATH": os.environ["PATH"], **{f"PLATFORM_{key}": value for key, value in server.items()}},
        capture_output=True, text=True, check=False, timeout=800, cwd=ROOT,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-8000:] + told.stderr[-2000:]
    return int(re.findall(r"(\d+) passed", told.stdout)[-1])


def tell_the_story(interpreter, wheel, folder, **more):
    """Run the third party's project against the wheel: migrate, create, read, search, be refused."""
    site = folder / "site"
    subprocess.run([interpreter, "-m", "zipfile", "-e", wheel, site], check=True)
    project = Path(shutil.copytree(ROOT / "tests/thirdparty", folder / "project/thirdparty"))
    told = subprocess.run(
        [interpreter, "-W", "error::DeprecationWarning", project / "story.py"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "THIRDPARTY_DATA_DIR": str(folder / "data"), **more},
        capture_output=True, text=True, check=False, timeout=120, cwd=folder,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == STORY
