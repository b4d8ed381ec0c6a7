"""Every rule of the API of keys has a number of its own, and a test that names it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATED = re.findall(r"^- \*\*(BYOK-\d+)\*\*", (ROOT / "docs/spec/byok-api.md").read_text(), flags=re.MULTILINE)


def test_each_rule_is_tested_and_no_other_is_cited():
    tests = [path.read_text() for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    cited = {rule for text in tests for rule in re.findall(r"BYOK-\d+", text)}
    assert len(STATED) == len(set(STATED)) == 25
    assert cited == set(STATED)
