"""A MariaDB server of our own, on a socket, for one test run: the machine's program on throw-away data."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from ascend_portal.embedded import process
from ascend_portal.embedded.account import account_for
from tests.platforms.environments import NotHere

START_SECONDS = 30


class MariaDbServer:
    """One server, without a network, whose data goes with it."""

    def __enter__(self) -> Self:
        programs = {name: shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin") for name in NAMES}
        if missing := [name for name, found in programs.items() if found is None]:
            raise NotHere(f"no MariaDB ({', '.join(missing)}); on Debian: apt-get install mariadb-server-core")
        self.root = Path(tempfile.mkdtemp(prefix="ascend-mdb-"))
        self.root.chmod(0o711)
        self.data = self.root / "data"
        self.data.mkdir(mode=0o700)
        self.account = account_for(self.data)
        self.account.own(self.data)
        self._run([programs["mariadb-install-db"], "--no-defaults", f"--datadir={self.data}", *MAKING])
        self._serve(programs["mariadbd"])
        return self

    def __exit__(self, *_: object) -> None:
        process.stop(self.process)
        shutil.rmtree(self.root, ignore_errors=True)

    user = "root"  # of the server, reachable through a socket in a folder of ours

    def create_database(self, name: str) -> None:
        """Make a database that understands all of Unicode."""
        client = shutil.which("mariadb")
        if client is None:
            raise NotHere("no MariaDB client; on Debian: apt-get install mariadb-client-core")
        self._run([client, "--no-defaults", f"-u{self.user}", "-S", str(self.socket), "-e", f"CREATE DATABASE {name}"])

    @property
    def socket(self) -> Path:
        return self.data / "s"

    @property
    def place(self) -> dict[str, str]:
        """Where it is, in the words of `tests/platforms/settings.py`."""
        given = {"HOST": str(self.socket), "PORT": "", "USER": self.user, "PASSWORD": "", "NAME": "platform"}
        return {"SERVER": "mariadb", **given}

    def _run(self, command: list[str]) -> None:
        told = subprocess.run(command, capture_output=True, text=True, check=False, **self.account.popen_arguments)
        if told.returncode:
            raise process.StartFailed(told.stdout + told.stderr)

    def _serve(self, program: str) -> None:
        options = [f"--datadir={self.data}", f"--socket={self.socket}", f"--pid-file={self.data / 'pid'}", *SERVING]
        log = self.root / "log"
        with log.open("wb") as sink:
            self.process = process.start(
                [*self.account.prefix, program, "--no-defaults", *options],
                log=sink, env={"PATH": "/usr/sbin:/usr/bin"}, account=self.account.popen_arguments,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not (self.data / "pid").exists():  # written when it accepts connections
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise process.StartFailed(process.log_tail(log))
            time.sleep(0.05)


NAMES = ("mariadbd", "mariadb-install-db")
MAKING = ("--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
SERVING = (
    "--skip-networking",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=64M",
    "--character-set-server=utf8mb4",
)
