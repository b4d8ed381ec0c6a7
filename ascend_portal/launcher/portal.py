"""The portal as one thing that runs: its servers, its preparation, its processes, and their common end."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

from ascend_portal.embedded import process
from ascend_portal.launcher import servers, services
from ascend_portal.launcher.data_directory import DEPLOYMENT, GENERATED_SECRETS, DataDirectory, Refused
from ascend_portal.launcher.options import Options
from ascend_portal.launcher.report import Report

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
WATCH_SECONDS = 0.5


class Portal:
    """Everything that `make run` starts."""

    def __init__(self, options: Options, directory: DataDirectory, report: Report) -> None:
        """Take what was chosen, the locked data directory, and where to say what happens."""
        self.options, self.directory, self.report = options, directory, report
        self.backends: list[tuple[str, subprocess.Popen[bytes] | None, Path]] = []

    def run(self) -> None:
        """Start everything, then watch over it until it is interrupted.

        Raises:
            Refused: the port is taken.
            StartFailed: something did not start, or ended by itself; the message holds the end of its log.
        """
        self._require_free_port()
        self.report.line("data", str(self.directory.path))
        with ExitStack() as stack:
            environment = self._environment(stack)
            self.directory.write_environment({name: environment[name] for name in self._written(environment)})
            sign_ins = self._prepare(environment)
            running = services.services(self.options, self.directory.path, self.directory.folder("logs"))
            stack.callback(self._stop, running)
            self._start(running, environment)
            self.report.ready(self.options.address, sign_ins)
            self._watch(running, environment)

    def _require_free_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.options.host, self.options.port))
            except OSError as error:
                other = self.options.port + 1
                raise Refused(
                    f"{self.options.address} cannot be used ({error.strerror}). Choose another: make run PORT={other}"
                ) from error

    def _environment(self, stack: ExitStack) -> dict[str, str]:
        """Start the servers that nobody gave, and return the environment of the portal's processes."""
        given = self._own_settings()
        if not self.options.brings_database:
            with self.report.step("PostgreSQL", "starting"):
                database = stack.enter_context(servers.postgres(self.directory))
            self.backends.append(("PostgreSQL", database.process, database.log))
            given["DATABASE_URL_FILE"] = str(self.directory.remember("DATABASE_URL", database.url))
        if not self.options.brings_redis:
            with self.report.step("Valkey", "starting"):
                broker = stack.enter_context(servers.valkey(self.directory.folder("valkey")))
            self.backends.append(("Valkey", broker.process, broker.log))
            given["REDIS_URL_FILE"] = str(self.directory.remember("REDIS_URL", broker.url))
        self._given = given
        return {**os.environ, **given}

    def _own_settings(self) -> dict[str, str]:
        """Return our answers to the settings that the person did not answer."""
        directory = self.directory
        names = {
            "DJANGO_SETTINGS_MODULE": "ascend_portal.settings",
            "ASCEND_ENVIRONMENT": "local",
            "ASCEND_LOCAL_KEYS_DIR": str(directory.path / "keys"),
            "STATIC_ROOT": str(directory.path / "static"),
            "PORTAL_URL": self.options.address,
            "ALLOWED_HOSTS": f"127.0.0.1,localhost,{self.options.host}",
            "HTTPS_ONLY": "false",
            "DEMO": str(self.options.has_sample).lower(),
            DEPLOYMENT: directory.secret(DEPLOYMENT, lambda: f"local-{os.urandom(6).hex()}").read_text(),
        }
        files = {f"{name}_FILE": str(directory.secret(name, make)) for name, make in GENERATED_SECRETS.items()}
        given = {name for name in os.environ if os.environ[name]}
        ours = {
            name: value for name, value in (names | files).items() if not {name, name.removesuffix("_FILE")} & given
        }
        return ours | {"DATA_DIR": str(directory.path), "PYTHONUNBUFFERED": "1", process.LEASH: "1"}

    def _written(self, environment: dict[str, str]) -> list[str]:
        return [name for name in self._given if name in environment and name != process.LEASH]

    def _prepare(self, environment: dict[str, str]) -> str:
        """Migrate and so on in a process of its own; return what people need to sign in."""
        reader, writer = os.pipe()
        argv = [sys.executable, "-m", "ascend_portal.launcher.preparation", str(writer)]
        done = subprocess.run(argv, cwd=ROOT, env=environment, check=False, pass_fds=[writer])
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as sign_ins:
            if done.returncode:
                raise process.StartFailed("The preparation failed; what it said stands above.")
            return sign_ins.read()

    def _start(self, running: list[services.Service], environment: dict[str, str]) -> None:
        """Start the web server, and the others when it answers: people wait for the pages."""
        web, *others = running
        with self.report.step(web.name, "starting"):
            web.start(environment, ROOT)
            self._wait_until_ready(web)
        self.report.line("processes", ", ".join(service.name for service in others))
        for service in others:
            service.start(environment, ROOT)

    def _wait_until_ready(self, web: services.Service) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if web.has_ended:
                raise process.StartFailed(f"{web.name} did not start:\n{web.tail()}")
            if self._is_ready():
                return
            time.sleep(0.05)
        raise process.StartFailed(f"The portal was not ready after {READY_SECONDS} s:\n{web.tail()}")

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.options.address}/readyz", timeout=5) as answer:  # noqa: S310 - our own address
                return bool(answer.status == HTTPStatus.OK)
        except (urllib.error.URLError, OSError):
            return False

    def _watch(self, running: list[services.Service], environment: dict[str, str]) -> None:
        """Start again what ends by itself; a lost server ends everything."""
        while True:
            for name, server, log in self.backends:
                if server is not None and server.poll() is not None:
                    raise process.StartFailed(f"{name} ended by itself. The end of its log:\n{process.log_tail(log)}")
            for service in running:
                if service.has_ended:
                    self.report.line(service.name, f"ended by itself, starting it again; see {service.log}")
                    service.start(environment, ROOT)
            time.sleep(WATCH_SECONDS)

    def _stop(self, running: list[services.Service]) -> None:
        with self.report.step("ending", "all processes"):
            services.stop(running)
