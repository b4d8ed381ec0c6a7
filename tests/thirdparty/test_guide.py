"""The guide's first two sections, followed line by line in an empty folder, and the fixtures that it offers to tests.

`sh` blocks are run, `python` blocks are written where their first line says, `pycon` blocks are a doctest.
"""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = "ascend.testing.pytest_plugin"
GUIDE = (ROOT / "docs/guides/fields.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DOCTEST = """
import doctest, sys
import django
django.setup()
failed, tried = doctest.testfile(sys.argv[1], module_relative=False, encoding="utf-8")
print(f"{tried} examples")
sys.exit(bool(failed))
"""


def section(first, behind):
    return GUIDE[GUIDE.index(f"\n## {first}") : GUIDE.index(f"\n## {behind}")].partition("\n### The types")[0]


class Reader:
    """A developer in an empty folder, who does what the page says."""

    def __init__(self, folder):
        self.folder = folder
        programs = folder / "programs"
        programs.mkdir()
        for name, runs in (("python", ""), ("django-admin", "-m django")):
            (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {runs} "$@"\n')
            (programs / name).chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        self.environment = {"PATH": path, "PYTHONPATH": f"{folder}:{ROOT}", "LC_ALL": "C.UTF-8"}
        self.ran = []

    def sh(self, text):
        commands = [line for line in text.splitlines() if line.strip() != "pip install ascend-portal"]  # it is there
        self.ran += text.splitlines()
        self.run("bash", "-e", "-c", "\n".join(commands) + "\nenv -0 >.environment")
        shown = (self.folder / ".environment").read_bytes().split(b"\0")
        self.environment |= dict(line.decode().split("=", 1) for line in shown if line.startswith(b"ASCEND_"))

    def python(self, text):
        place = re.match(r"# (\S+?\.py)(, at its end)?\n", text)
        assert place, f"a block that does not say where it belongs:\n{text}"
        path = self.folder / place[1]
        path.write_text((path.read_text() if place[2] else "") + text)

    def pycon(self, text):
        page = self.folder / "page.txt"
        page.write_text((page.read_text() if page.exists() else "") + text + "\n")

    def run(self, *command):
        told = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert told.returncode == 0, told.stdout + told.stderr
        return told.stdout


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Someone who has followed the first two sections."""
    reader = Reader(tmp_path_factory.mktemp("guide"))
    for kind, text in BLOCK.findall(section("1. From nothing", "3. ")):
        getattr(reader, kind)(text)
    reader.environment["DJANGO_SETTINGS_MODULE"] = "site_of_the_shop.settings"
    return reader


def test_the_page_can_be_followed(reader):
    assert "pip install ascend-portal" in reader.ran
    migration = (reader.folder / "shop/migrations/0001_initial.py").read_text().replace("'", '"')
    assert 'context="shop.customer.ssn"' in migration
    assert reader.run("python", "-c", DOCTEST, "page.txt") == "9 examples\n"
    assert b"123-45-6789" not in (reader.folder / "db.sqlite3").read_bytes()


def test_the_fixtures_of_the_page_run(reader):
    block = BLOCK.findall(GUIDE[GUIDE.index("\n### In your tests") :])[0][1]
    (reader.folder / "test_shop.py").write_text(block)
    installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    told = reader.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *([] if installed else ["-p", PLUGIN]))
    assert "2 passed" in told


def test_every_block_is_python():
    blocks = [text for kind, text in BLOCK.findall(GUIDE) if kind == "python"]
    assert len(blocks) > 5
    for text in blocks:
        compile(text, "docs/guides/fields.md", "exec")
