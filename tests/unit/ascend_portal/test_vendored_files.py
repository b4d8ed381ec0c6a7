"""The files that came from elsewhere are the ones that were reviewed."""

import hashlib
import json

import pytest
from django.conf import settings

FOLDERS = ("static/vendor", "tests/browser/vendor")


def described():
    for folder in FOLDERS:
        path = settings.BASE_DIR / folder
        manifest = json.loads((path / "VENDOR.json").read_text())
        yield from ((path / name, facts) for name, facts in manifest.items())


@pytest.mark.parametrize(("path", "facts"), list(described()), ids=lambda value: getattr(value, "name", ""))
def test_the_file_is_as_it_was_vendored(path, facts):
    content = path.read_bytes()
    assert len(content) == facts["bytes"]
    assert hashlib.sha256(content).hexdigest() == facts["sha256"]
    assert facts["licence"] in {"MIT", "OFL-1.1", "MPL-2.0"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_came_without_a_description(folder):
    path = settings.BASE_DIR / folder
    names = {str(each.relative_to(path)) for each in path.rglob("*") if each.is_file()}
    assert names == {*json.loads((path / "VENDOR.json").read_text()), "VENDOR.json"}


def test_no_source_map_is_named_since_none_is_there():
    for path, _facts in described():
        if path.suffix in {".css", ".js"}:
            assert b"sourceMappingURL=" not in path.read_bytes(), path


def test_every_licence_stands_beside_what_it_covers():
    for folder in ("tabler", "inter", "icons"):
        assert (settings.BASE_DIR / "static/vendor" / folder / "LICENSE").stat().st_size > 1000
