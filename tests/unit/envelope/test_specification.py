"""The numbered rules of docs/spec, the code and the tests name each other."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RULE = re.compile(r"\b(?:ENV|WRAP|IDX|FILE)-[0-9]+\b")
STATED = re.compile(r"^- \*\*((?:ENV|WRAP|IDX|FILE)-[0-9]+)\*\*", re.MULTILINE)
PAGES = [ROOT / "docs" / "spec" / f"{name}.md" for name in ("envelope", "blind-index", "files")]


def stated() -> list[str]:
    return [rule for page in PAGES for rule in STATED.findall(page.read_text())]


def cited(folder: Path) -> set[str]:
    return {rule for module in folder.rglob("*.py") for rule in RULE.findall(module.read_text())}


class TestSpecification:
    def test_states_every_rule_once(self) -> None:
        assert len(stated()) == len(set(stated())) == 67

    def test_has_a_test_for_every_rule(self) -> None:
        assert set(stated()) - cited(ROOT / "tests") == set()

    def test_is_never_cited_for_a_rule_it_does_not_state(self) -> None:
        assert (cited(ROOT / "ascend") | cited(ROOT / "tests")) - set(stated()) == set()


class TestPackage:
    @pytest.mark.parametrize("module", ["ascend.envelope", "ascend.files.stream"])
    def test_needs_neither_django_nor_settings(self, module: str) -> None:
        program = f"import sys, {module}; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
        subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, env={})
