"""Says at the end of a run what the library was tried on, and what was not there."""

import pytest

from tests.platforms import environments

TRIED: dict[str, str] = {}
"""What a test of this folder tried, in words."""


def pytest_terminal_summary(terminalreporter):
    here = [report for report in terminalreporter.stats.get("skipped", []) if "tests/platforms/" in report.nodeid]
    if not (TRIED or here):
        return
    terminalreporter.section("the library was tried on")
    for platform, what in TRIED.items():
        terminalreporter.line(f"{platform}: {what}")
    for report in here:
        terminalreporter.line(f"NOT TRIED, {report.nodeid.partition('::')[2]}: {report.longrepr[2]}", red=True)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """What `pip install` would give a developer."""
    try:
        return environments.wheel(tmp_path_factory.mktemp("wheel"))
    except environments.NotHere as missing:
        pytest.skip(str(missing))
