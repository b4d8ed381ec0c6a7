"""The folder that one portal lives in: private, locked while it runs, with the secrets made at its first start."""

import base64
import fcntl
import os
import secrets
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ascend_portal.embedded import private_file


class Refused(Exception):
    """The portal cannot start like this; the message says what to do."""


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


# Made once, kept for as long as the data: a lost registry key makes every stored key unreadable.
GENERATED_SECRETS: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "ASCEND_REGISTRY_KEY": _key,
}
# Not a secret, but as lasting: every wrapped key is bound to it.
DEPLOYMENT = "ASCEND_DEPLOYMENT"


class DataDirectory:
    """DATA_DIR, held under a lock between `with` and its end."""

    def __init__(self, path: Path, *, address: str) -> None:
        """Name the folder, and the address that a second start is told about."""
        self.path, self.address = path, address

    def __enter__(self) -> Self:
        """Make the folder where it is missing, and take the lock.

        Raises:
            Refused: another portal runs on this data, or the folder cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
        except OSError as error:
            raise Refused(f"DATA_DIR {self.path} cannot be used: {error.strerror}.") from error
        self._lock()
        for folder in ("secrets", "logs", "keys"):
            self.folder(folder)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Give the lock back; the kernel does it too when this process is killed."""
        os.close(self._descriptor)

    def folder(self, name: str) -> Path:
        """Return a private folder below, made where it is missing."""
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def secret(self, name: str, make: Callable[[], str]) -> Path:
        """Return the file of a secret, made once."""
        path = self.folder("secrets") / name.lower()
        if not path.exists():
            private_file.write(path, make())
        return path

    def remember(self, name: str, value: str) -> Path:
        """Return the file of a secret that a server makes anew at each start."""
        path = self.folder("secrets") / name.lower()
        private_file.write(path, value)
        return path

    def write_environment(self, environment: Mapping[str, str]) -> None:
        """Write what `make manage` needs to work on this data; it names the files of secrets, not the secrets."""
        lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(environment.items())]
        private_file.write(self.path / "environment", "\n".join(lines) + "\n")

    def _lock(self) -> None:
        path = self.path / "lock"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise Refused(
                f"A portal already runs on {self.path}: {path.read_text().strip()}. "
                "End it first, or give this one a DATA_DIR and a PORT of its own."
            ) from error
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, f"{self.address}, process {os.getpid()}\n".encode())
