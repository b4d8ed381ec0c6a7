"""The Pythons of this machine, and an environment of each with one Django and nothing that was not asked for.

They are kept in the user's cache, named by what is in them, so that only the first run makes them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKE_SECONDS = 240


class NotHere(Exception):
    """The machine lacks what a platform needs; the message says what."""


@cache
def python(version: str) -> Path:
    """Return an interpreter of `version` ("3.12").

    Raises:
        NotHere: there is none.
    """
    for candidate in _candidates(version):
        told = _output([str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"])
        if told and told.split()[0] == version:
            return Path(told.split()[1])
    raise NotHere(f"no Python {version} on this machine")


def _candidates(version: str) -> Iterator[Path]:
    yield Path(getattr(sys, "_base_executable", sys.executable))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from sorted(pyenv.glob(f"{version}.*/bin/python"))
    if found := shutil.which(f"python{version}"):
        yield Path(found)


def _output(command: list[str]) -> str:
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


@cache
def environment(version: str, *requirements: str) -> Path:
    """Return the interpreter of an environment with these requirements and no others.

    Raises:
        NotHere: no such Python, no uv, or a package that could not be installed.
    """
    name = hashlib.sha256(" ".join(requirements).encode()).hexdigest()[:12]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ascend-portal/platforms"
    folder = base / f"python{version}-{name}"
    if not (folder / "complete").exists():
        _make(python(version), folder, requirements)
    return folder / "bin/python"


def _make(interpreter: Path, folder: Path, requirements: tuple[str, ...]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _uv("venv", "--quiet", "--python", str(interpreter), str(folder))
    install(folder / "bin/python", *requirements)
    (folder / "complete").touch()


def install(interpreter: Path, *requirements: str) -> None:
    """Install into the environment of `interpreter`.

    Raises:
        NotHere: it failed; the message holds why.
    """
    _uv("pip", "install", "--quiet", "--system-certs", "--python", str(interpreter), *requirements)


@cache
def wheel(folder: Path) -> Path:
    """Build the wheel that a developer would install.

    Raises:
        NotHere: it could not be built.
    """
    source = folder / "source"
    kept = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "ascend", source / "ascend", ignore=kept)  # a build writes beside what it builds
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    _uv("build", "--quiet", "--wheel", "--system-certs", "--out-dir", str(folder / "dist"), str(source))
    return next((folder / "dist").glob("*.whl"))


def _uv(*arguments: str) -> None:
    program = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if program is None:
        raise NotHere("no uv, which makes the environments")
    told = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, timeout=MAKE_SECONDS, env=_plain()
    )
    if told.returncode:
        raise NotHere(f"uv {arguments[0]} failed: {told.stderr.strip()[-800:]}")


def _plain() -> dict[str, str]:
    """Return the environment without what points at the interpreter of this run."""
    return {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
