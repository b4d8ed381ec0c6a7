"""Rules of the providers that code and tests cite exist in the specification, each with one number and a test."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATED = re.findall(r"^- \*\*(PV-\d+)\*\*", (ROOT / "docs/spec/providers.md").read_text(), flags=re.MULTILINE)


def cited(folder):
    return {rule for path in (ROOT / folder).rglob("*.py") for rule in re.findall(r"PV-\d+", path.read_text())}


def test_every_rule_has_a_number_of_its_own():
    assert len(STATED) == len(set(STATED)) > 10


def test_what_code_and_tests_cite_is_a_rule():
    assert cited("ascend") | cited("tests") <= set(STATED)


def test_every_rule_is_cited_by_a_test():
    assert sorted(set(STATED) - cited("tests")) == []
