"""Other packages for encrypted Django fields, each in an environment of its own, beside plain, bare and ours.

One program, one model and one method for all: `benchmarks/fields.py --peer NAME` runs inside the environment, and
every ratio is of one repeat of one process. Versions stand in `peers.toml`; environments in the user's cache.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import field_project, peer_fields
from benchmarks.field_project import Kind

PINS = Path(__file__).with_name("peers.toml")
COMMON = ["django==5.2.*", "cryptography>=44", "psycopg[binary]"]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ascend-benchmarks"
FERNET = {
    "django-cryptography-django5", "django-fernet-fields-v2", "djfernet-redux", "django-fernet-encrypted-fields",
    "django-encrypted-model-fields", "django-secured-fields",
}  # fmt: skip
UNAUTHENTICATED = {"django-mirage-field"}
DETERMINISTIC = {"django-tink-fields"}


def settings(peer: str | None, folder: Path) -> dict[str, Any]:
    """Return the settings that the peer needs; none where no peer is measured."""
    return peer_fields.PEERS[peer].settings(folder) if peer else {}


def kinds(peer: str) -> dict[str, Kind]:
    """Return what is measured in a peer's environment."""
    measured = {name: kind for name, kind in field_project.kinds().items() if "row" not in name and "UUID" not in name}
    theirs = peer_fields.PEERS[peer]
    measured["peer"] = Kind(field_project.person("Peer", theirs.make), "plain")
    if theirs.searchable is not None:
        measured["peer, searchable"] = theirs.searchable()
    return measured


def run_all(arguments: argparse.Namespace) -> dict[str, str | float]:
    """Run every peer that was named, or all; return the figures of each behind its name."""
    with PINS.open("rb") as file:
        pins = tomllib.load(file)
    told: dict[str, str | float] = {}
    for name in arguments.peers or pins["peers"]:
        pin = pins["peers"][name]
        if pin.get("postgresql") and not arguments.postgresql:
            continue
        python = _environment(name, pin, pins["python"]["default"])
        if python is None:
            print(f"{name}: not installed, it needs Python {pin.get('python')}")
            continue
        print(f"\n== {name}", flush=True)
        figures = _run(name, python, arguments)
        told |= {f"{name}: {key}": figure for key, figure in figures.items()}
        for line in _unmet(name, figures):
            print(f"    NOT MET: {line}")
    return told


def _environment(name: str, pin: dict[str, Any], default: str) -> Path | None:
    """Return the Python of the peer's environment, made if need be; None if this machine has no Python for it."""
    folder = CACHE / name
    python = folder / "bin" / "python"
    marker = folder / "installed"
    wanted = "\n".join([*COMMON, *pin["requires"]])
    if not marker.exists() or marker.read_text() != wanted:
        uv = [sys.executable, "-m", "uv"]
        places = ["--python", _python(pin.get("python", default)), str(folder)]
        made = subprocess.run([*uv, "venv", "-q", "--clear", "--no-python-downloads", *places], check=False)
        if made.returncode:
            return None
        subprocess.run([*uv, "pip", "install", "-q", "--python", str(python), *COMMON, *pin["requires"]], check=True)
        marker.write_text(wanted)
    return python


def _python(version: str) -> str:
    """Return where pyenv has this version, if it does: its commands on the path answer for one version only."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    return next((str(path) for path in sorted(root.glob(f"versions/{version}.*/bin/python"))), version)


def _run(name: str, python: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        options = [option for option in ("quick", "postgresql") if getattr(arguments, option)]
        program = Path(__file__).with_name("fields.py")
        command = [str(python), str(program), "--peer", name, "--json", str(target), *(f"--{each}" for each in options)]
        ended = subprocess.run(command, check=False)
        if ended.returncode:
            print(f"    failed: {ended.returncode}")
            return {}
        figures: dict[str, Any] = json.loads(target.read_text())
        return figures


def _unmet(name: str, figures: dict[str, Any]) -> Iterator[str]:
    """Yield what must hold and does not: as fast within 5 % on every line, and 4 times a Fernet-based one on read."""
    if name in UNAUTHENTICATED:
        return
    clock = "processor" if figures.get("database") == "sqlite" else "wall"
    # A deterministic cipher is compared with ours, and a column of hashes with ours.
    ours_searchable = "field, deterministic" if name in DETERMINISTIC else "field, exact index"
    pairs = (
        ("field / plain", "peer / plain"),
        (f"{ours_searchable} / plain, db_index", "peer, searchable / plain, db_index"),
    )
    for ours, theirs in pairs:
        for line in ("bulk_create", "read every field", "save()", "look-up"):
            mine, other = (figures.get(f"{clock}: {kind}: {line}") for kind in (ours, theirs))
            if mine is None or other is None:
                continue
            if mine > other * 1.05:
                yield f"{line}: {mine} is slower than {other}"
            if name in FERNET and line == "read every field" and other / mine < 4:
                yield f"{line}: {other} is {other / mine:.1f} times {mine}, not 4"
