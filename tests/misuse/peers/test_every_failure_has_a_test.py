"""No failure of the list is left without a test, and no test that it names has gone."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.misuse.peers.failures import FAILURES

ROOT = Path(__file__).parents[3]
HERE = "tests/misuse/peers/test_peers_failures.py"
COUNT = 47


@cache
def names_in(path):
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.what)
def test_it_has_tests_and_they_exist(failure):
    assert failure.tests
    for named in failure.tests:
        path, _, name = named.rpartition("::")
        assert name.partition("[")[0] in names_in(path or HERE), named


def test_no_failure_is_lost_and_no_test_here_is_for_none():
    assert len(FAILURES) == COUNT
    assert len({failure.what for failure in FAILURES}) == COUNT
    named = {name.partition("[")[0] for failure in FAILURES for name in failure.tests}
    assert names_in(HERE) <= named
