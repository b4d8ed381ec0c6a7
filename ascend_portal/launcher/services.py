"""The portal's own processes: what each is, how it is started, and what happens when one ends by itself."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ascend_portal.embedded import private_file, process
from ascend_portal.launcher.options import Options

RESTARTS = 5
WITHIN_SECONDS = 60.0
PATIENCE_SECONDS = 10.0


class GaveUp(process.StartFailed):
    """A process ended again and again."""


@dataclass
class Service:
    """One process of the portal, its log, and how often it was started of late."""

    name: str
    argv: list[str]
    log: Path
    starts: list[float] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str], cwd: Path) -> None:
        """Start it on a leash: it is killed when the launcher is, and so is what it starts itself."""
        self.starts = [at for at in self.starts if time.monotonic() - at < WITHIN_SECONDS]
        if len(self.starts) > RESTARTS:
            raise GaveUp(f"{self.name} ended {RESTARTS} times in a minute. The end of {self.log}:\n{self.tail()}")
        self.starts.append(time.monotonic())
        with private_file.append(self.log) as log:
            self.process = process.start(self.argv, log=log, env=environment, cwd=cwd, end_with=signal.SIGKILL)

    @property
    def has_ended(self) -> bool:
        """Say whether it is gone without having been asked."""
        return self.process is not None and self.process.poll() is not None

    def tail(self) -> str:
        """Return the end of its log."""
        return process.log_tail(self.log)


def services(options: Options, data_dir: Path, logs: Path) -> list[Service]:
    """Return web, worker, beat and prober, not started."""
    python = sys.executable
    web = ["-m", "granian", "--interface", "wsgi", "--host", options.host, "--port", str(options.port)]
    web += ["--no-ws", "--workers", "1", "--blocking-threads", "8", "--workers-kill-timeout", "5"]
    celery = ["-m", "celery", "-A", "ascend_portal"]
    beat = ["beat", "--pidfile=", "--schedule", str(data_dir / "beat-schedule")]
    commands = {
        "web": [*web, "ascend_portal.wsgi:application"],
        "worker": [*celery, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle"],
        "beat": [*celery, *beat],
        "prober": ["manage.py", "prober"],
    }
    return [Service(name, [python, *arguments], _new_log(logs, name)) for name, arguments in commands.items()]


def _new_log(logs: Path, name: str) -> Path:
    """Return an empty log; that of the time before is kept beside it."""
    log = logs / f"{name}.log"
    if log.exists():
        log.replace(logs / f"{name}.previous.log")
    return log


def stop(running: list[Service]) -> None:
    """Ask all to end at once, wait, and kill what did not."""
    for service in running:
        if service.process is not None and service.process.poll() is None:
            service.process.terminate()
    deadline = time.monotonic() + PATIENCE_SECONDS
    for service in running:
        if service.process is not None:
            process.stop(service.process, patience_seconds=max(0.1, deadline - time.monotonic()))
