"""Rules that code and tests cite exist in the specification, each with one number."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "docs/spec/keychain.md").read_text()
STATED = re.findall(r"^- \*\*(KC-\d+)\*\*", SPEC, flags=re.MULTILINE)


def test_every_rule_has_a_number_of_its_own():
    assert len(STATED) == len(set(STATED)) > 40


def test_what_code_and_tests_cite_is_a_rule():
    sources = [*(ROOT / "ascend").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    cited = {number for path in sources for number in re.findall(r"KC-\d+", path.read_text())}
    assert cited - {"KC-20"}
    assert cited <= set(STATED)
