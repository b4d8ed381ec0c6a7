"""PostgreSQL and Valkey, ours unless the environment names others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ascend_portal.embedded.account import NoAccount
from ascend_portal.embedded.postgres import PostgresServer
from ascend_portal.embedded.valkey import ValkeyServer
from ascend_portal.launcher.data_directory import DataDirectory


@contextmanager
def postgres(directory: DataDirectory) -> Iterator[PostgresServer]:
    """Serve the database kept in the data directory."""
    server = PostgresServer(directory.folder("postgres"))
    try:
        try:
            server.start()
        except NoAccount:
            # Root where user namespaces are forbidden: an unprivileged account must pass through to its own folder.
            directory.path.chmod(0o711)
            server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def valkey(root: Path) -> Iterator[ValkeyServer]:
    """Serve the broker; what waits in it outlives a restart."""
    server = ValkeyServer(root)
    try:
        yield server.start()
    finally:
        server.stop()
