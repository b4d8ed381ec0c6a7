"""The rules of the house that no single module can keep: each is checked over the whole tree."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from django.db import connections
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accounts", "ascend", "ascend_portal", "audit", "byok", "records")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *argv], cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_point_down_and_every_module_has_a_place():
    done = run("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")
    assert done.returncode == 0, done.stdout


def test_the_generated_pages_are_up_to_date():
    done = run("tools/generate_docs.py", "--check")
    assert done.returncode == 0, done.stderr


def test_production_settings_pass_every_deployment_check_but_the_one_about_the_local_provider():
    done = run("tools/production_check.py")
    assert done.returncode == 0, done.stderr


def test_every_model_change_has_its_migration():
    done = run("-W", "ignore", "tools/production_check.py", "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout


@pytest.mark.django_db
def test_migrations_form_one_line_in_every_app():
    loader = MigrationLoader(connections["default"], ignore_no_migrations=True)
    assert loader.detect_conflicts() == {}


def test_no_room_is_named_after_what_is_left_over():
    forbidden = {"utils", "util", "helpers", "common", "misc", "manager", "managers"}
    assert [path for path in [*SOURCES, *TESTS] if forbidden & {path.stem, *path.relative_to(ROOT).parts[:-1]}] == []


def check_ids() -> set[str]:
    found: set[str] = set()
    for path in SOURCES:
        found |= set(re.findall(r"""["'](\w+\.[EW]\d{3})["']""", path.read_text()))
    return found


def test_every_check_id_is_named_by_a_test():
    tested = "".join(path.read_text() for path in TESTS)
    ids = check_ids()
    assert len(ids) >= 7
    assert sorted(check_id for check_id in ids if check_id not in tested) == []


def test_locks_name_no_index_and_no_path():
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"://|--index-url|--find-links|^-e |@ file", text, re.MULTILINE), lock


def test_what_is_installed_is_what_the_lock_says():
    pins = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements" / "portal.lock").read_text(), re.MULTILINE)
    installed = {dist.metadata["Name"].lower().replace("_", "-"): dist.version for dist in metadata.distributions()}
    here = {name: version for name, version in pins if name in installed}
    assert len(here) > 40
    assert {name: installed[name] for name in here} == here


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path):
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)[^)]*\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
