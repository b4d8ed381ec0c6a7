"""Copy the pinned front-end files out of a scratch npm folder into the repository.

For maintainers, when a version changes. Nothing is fetched at set-up or at run time:

    mkdir /tmp/vendor_ui && cd /tmp/vendor_ui
    npm install --ignore-scripts @tabler/core@1.6.1 @tabler/icons@3.51.0 \
        @fontsource-variable/inter@5.3.0 axe-core@4.14.1
    python tools/vendor_ui.py /tmp/vendor_ui

Each target folder gets a `VENDOR.json` that says where every file came from and what it
weighs; a unit test re-hashes the files against it, so that a silent edit fails.
"""

import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHELL = ROOT / "static" / "vendor"
BROWSER_TESTS = ROOT / "tests" / "browser" / "vendor"

# A manifest storage looks up every `sourceMappingURL` it meets and fails on the one that is absent.
SOURCE_MAP = re.compile(rb"\n?(?:/\*#|//#) sourceMappingURL=[^\n]*")
SVG_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
EMPTY_FRAME = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')

# The npm package of Tabler holds no licence file; this is the text of its repository.
TABLER_LICENSE = """MIT License

Copyright (c) 2018-2026 The Tabler Authors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

ICONS = (
    "activity address-book adjustments alert-circle alert-octagon alert-triangle api archive arrow-left arrow-right "
    "at ban bell bolt building building-bank cake calendar certificate check chevron-down chevron-left "
    "chevron-right chevron-up circle-check circle-dashed circle-half circle-x clock cloud-off columns copy "
    "credit-card database device-desktop device-floppy dots-vertical download external-link eye eye-off "
    "file-import file-off file-spreadsheet file-text file-x filter fingerprint flag hand-stop hash heartbeat "
    "help-circle history home hourglass id inbox info-circle key key-off layout-dashboard link list-check "
    "list-details lock lock-open login logout mail map-pin menu-2 mood-empty moon note pencil phone "
    "player-pause player-play plus refresh rotate-clockwise search selector server settings shield shield-check "
    "shield-lock shield-off shield-x sun switch-horizontal table thumb-down thumb-up timeline-event tool trash "
    "upload user user-check user-off user-plus users users-group world x"
).split()


@dataclass(frozen=True, slots=True)
class Vendored:
    """One file to copy: where it goes, the package it comes from and its path inside."""

    target: str
    package: str
    source: str


SHELL_FILES = (
    Vendored("tabler/tabler.min.css", "@tabler/core", "dist/css/tabler.min.css"),
    Vendored("tabler/tabler.rtl.min.css", "@tabler/core", "dist/css/tabler.rtl.min.css"),
    Vendored("tabler/tabler.min.js", "@tabler/core", "dist/js/tabler.min.js"),
    Vendored("inter/inter-latin.woff2", "@fontsource-variable/inter", "files/inter-latin-wght-normal.woff2"),
    Vendored("inter/inter-latin-ext.woff2", "@fontsource-variable/inter", "files/inter-latin-ext-wght-normal.woff2"),
    Vendored("inter/LICENSE", "@fontsource-variable/inter", "LICENSE"),
    Vendored("icons/LICENSE", "@tabler/icons", "LICENSE"),
)
BROWSER_TEST_FILES = (
    Vendored("axe.min.js", "axe-core", "axe.min.js"),
    Vendored("axe-LICENSE", "axe-core", "LICENSE"),
)


class Folder:
    """A target folder that remembers what was put into it."""

    def __init__(self, path: Path, node_modules: Path) -> None:
        self._path = path
        self._node_modules = node_modules
        self._manifest: dict[str, dict[str, str | int]] = {}

    def copy(self, file: Vendored) -> None:
        content = (self._node_modules / file.package / file.source).read_bytes()
        if file.target.endswith((".css", ".js")):
            content = SOURCE_MAP.sub(b"", content)
        self.write(file.target, content, package=file.package)

    def write(self, target: str, content: bytes, *, package: str) -> None:
        path = self._path / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        described = json.loads((self._node_modules / package / "package.json").read_text())
        self._manifest[target] = {
            "package": package,
            "version": described["version"],
            "licence": described["license"],
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }

    def finish(self) -> None:
        (self._path / "VENDOR.json").write_text(json.dumps(self._manifest, indent=2, sort_keys=True) + "\n")


def sprite(icons: Path) -> bytes:
    """Return one SVG whose symbols are the icons of `ICONS`, used as `icons.svg#name`."""
    return b'<svg xmlns="http://www.w3.org/2000/svg">' + b"".join(symbol(icons, name) for name in ICONS) + b"</svg>\n"


def symbol(icons: Path, name: str) -> bytes:
    drawing = SVG_BODY.search((icons / f"{name}.svg").read_text())
    if drawing is None:
        raise ValueError(f"{name}.svg is not an SVG")
    body = re.sub(r"\s*\n\s*", "", EMPTY_FRAME.sub("", drawing.group(1)))
    frame = 'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
    return f'<symbol id="{name}" {frame} stroke-linecap="round" stroke-linejoin="round">{body}</symbol>\n'.encode()


def main(scratch: Path) -> None:
    node_modules = scratch / "node_modules"
    shell = Folder(SHELL, node_modules)
    for file in SHELL_FILES:
        shell.copy(file)
    shell.write("tabler/LICENSE", TABLER_LICENSE.encode(), package="@tabler/core")
    shell.write("icons/icons.svg", sprite(node_modules / "@tabler/icons/icons/outline"), package="@tabler/icons")
    shell.finish()

    browser_tests = Folder(BROWSER_TESTS, node_modules)
    for file in BROWSER_TEST_FILES:
        browser_tests.copy(file)
    browser_tests.finish()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
