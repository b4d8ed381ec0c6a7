"""docs/guides/searching.md, followed line by line in a new project."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HERE = Path(__file__).parent
GUIDE = (HERE.parents[1] / "docs/guides/searching.md").read_text()
STEPS = GUIDE.partition("## Step by step")[2].partition("## How a search is exact")[0]
BLOCKS = [
    (kind, textwrap.dedent(code))
    for kind, code in re.findall(r"^ *```(\w*)\n(.*?)^ *```", STEPS, re.DOTALL | re.MULTILINE)
]
SETTINGS = """
from tests.thirdparty.settings import *

INSTALLED_APPS = ["ascend", "clinic"]
"""
ADA = """
from clinic.models import Patient, Visit
ada = Patient.objects.create(name="Ada Lovelace", born="1985-12-10", phone="+49 30 1234567", premium=90)
bob = Patient.objects.create(name="Bob Lovell", born="1995-01-01")
Visit.objects.create(patient=ada)
Patient.objects.update(name_ngram_3_a=None, born_range_date_32_a=None)  # as in a table that had no index
assert not Patient.objects.filter(name__icontains="lovel").exists()
"""
FOUND = """
assert Patient.objects.filter(name__icontains="lovel", born__lt="1990-01-01").get() == ada
assert list(Patient.objects.exclude(name__words="ada lovelace")) == [bob]
assert Visit.objects.filter(patient__born__range=("1980-01-01", "1989-12-31")).get().patient == ada
assert {patient.flagged for patient in Patient.objects.all()} == {True, False}
"""


@pytest.fixture
def project(tmp_path):
    """Return a function that runs `manage.py` in a project with the guide's models."""
    (model,) = [code for kind, code in BLOCKS if "class Patient" in code]
    for name, text in {"clinic/__init__.py": "", "clinic/models.py": model, "clinic_settings.py": SETTINGS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "keys").mkdir(mode=0o700)

    def run(*arguments, **options):
        paths = os.pathsep.join([str(tmp_path), str(HERE.parents[1])])
        told = subprocess.run(
            [sys.executable, "-m", "django", *arguments, "--settings", "clinic_settings"],
            env={**os.environ, "PYTHONPATH": paths, "THIRDPARTY_DATA_DIR": str(tmp_path)},
            capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path, **options,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        return told.stdout

    return run


@pytest.mark.slow
def test_it_can_be_followed_line_by_line(project):
    commands = [line.split()[2:] for kind, code in BLOCKS if not kind for line in code.replace("&&", "\n").splitlines()]
    assert [command[0] for command in commands] == ["plan_indexes", "makemigrations", "migrate"]
    told = project(*commands[0])
    assert "which pieces stand together" in told
    project("makemigrations", "clinic")
    project("migrate")
    project("check", "--fail-level", "WARNING")
    fill, ask = [code for kind, code in BLOCKS if kind == "python" and "class Patient" not in code]
    assert fill.startswith("for patient in")
    assert ask.count("Patient.objects") == 3
    project("shell", "--command", f"{ADA}\n{fill}\n{ask}\n{FOUND}")
