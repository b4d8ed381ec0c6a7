"""`make run` as a person uses it: it starts, says where it is, ends as a whole, and finds its data again."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from ascend_portal.embedded.postgres import PostgresServer
from ascend_portal.embedded.valkey import ValkeyServer, free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
# Whatever this test run was given must not reach the portal under test.
FOREIGN = (
    "PG",
    "ASCEND_",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "HTTPS_ONLY",
    "MAKELEVEL",
    "DJANGO_",
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


class Running:
    """A portal under test, its output so far, and the processes it consists of."""

    def __init__(self, data_dir: Path, output: Path, **options: str):
        self.port, self.output = free_port(), output
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        environment = inherited | {"DATA_DIR": str(data_dir), "PORT": str(self.port)} | options
        with output.open("wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ascend_portal.launcher"], cwd=ROOT, env=environment, stdout=sink, stderr=sink
            )

    def wait_until_ready(self) -> None:
        wait_for(lambda: "is ready after" in self.text or self.process.poll() is not None, START_SECONDS)
        assert self.process.poll() is None, self.text

    @property
    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def status_of(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def family(self) -> dict[int, str]:
        """Return every process below the launcher with its start time, which tells a reused id apart."""
        family, grown = {self.process.pid: start_time(self.process.pid)}, True
        while grown:
            children = {pid: start_time(pid) for pid in all_pids() if parent_of(pid) in family and pid not in family}
            grown = bool(children)
            family |= children
        return family


def all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def stat_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def parent_of(pid: int) -> int:
    return int((stat_of(pid) or ["", "0"])[1])


def start_time(pid: int) -> str:
    return (stat_of(pid) or [""] * 20)[19]


def still_running(family: dict[int, str]) -> list[int]:
    # A zombie has ended: only its parent's signature is missing.
    return [pid for pid, born in family.items() if start_time(pid) == born and (stat_of(pid) or ["Z"])[0] != "Z"]


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@contextmanager
def portal(data_dir: Path, output: Path, **options: str) -> Iterator[Running]:
    running = Running(data_dir, output, **options)
    try:
        running.wait_until_ready()
        yield running
    finally:
        family = running.family()
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(30)
        wait_for(lambda: not still_running(family), 30)


def secrets_of(data_dir: Path) -> dict[str, str]:
    lasting = ("secret_key", "ascend_registry_key", "ascend_deployment")
    return {name: (data_dir / "secrets" / name).read_text() for name in lasting}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "data"


@pytest.fixture(scope="class")
def first(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with portal(data_dir, tmp_path_factory.mktemp("first") / "output") as running:
        yield running


class TestFirstRun:
    def test_says_where_it_is_and_answers_there(self, first: Running):
        assert f"http://127.0.0.1:{first.port}/" in first.text
        assert first.status_of("/readyz") == 200

    def test_prints_one_sign_in_for_each_sample_person(self, first: Running):
        for person in ("Olivia", "Stefan", "Kamila", "Arjun", "Audra"):
            assert f"{person} " in first.text
        assert first.text.count("/welcome/") >= 6

    def test_starts_four_kinds_of_processes(self, first: Running):
        commands = " ".join(
            Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in still_running(first.family())
        )
        for part in ("granian", "celery -A ascend_portal worker", "celery -A ascend_portal beat", "manage.py prober"):
            assert part in commands

    def test_keeps_everything_private(self, first: Running, data_dir: Path):
        assert first.process.poll() is None
        assert data_dir.stat().st_mode & 0o777 == 0o700
        for secret in (data_dir / "secrets").iterdir():
            assert secret.stat().st_mode & 0o777 == 0o600

    def test_shows_no_secret_on_a_command_line(self, first: Running, data_dir: Path):
        secrets = [path.read_text() for path in (data_dir / "secrets").iterdir()]
        for pid in still_running(first.family()):
            command = Path(f"/proc/{pid}/cmdline").read_text()
            assert not any(secret in command for secret in secrets if not secret.startswith("local-"))

    def test_refuses_a_second_portal_on_the_same_data(self, first: Running, data_dir: Path, tmp_path: Path):
        second = Running(data_dir, tmp_path / "output")
        assert second.process.wait(30) == 1
        assert f"already runs on {data_dir}" in second.text
        assert first.status_of("/healthz") == 200

    def test_refuses_a_port_that_is_taken_and_names_another(self, first: Running, tmp_path: Path):
        second = Running(tmp_path / "data", tmp_path / "output", PORT=str(first.port))
        assert second.process.wait(30) == 1
        assert f"make run PORT={first.port + 1}" in second.text

    def test_starts_a_killed_process_again(self, first: Running):
        [worker] = [pid for pid in first.family() if _is_main_worker(pid, first.process.pid)]
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: "worker         ended by itself" in first.text, 20)
        wait_for(lambda: any(_is_main_worker(pid, first.process.pid) for pid in first.family()), 20)


def _is_main_worker(pid: int, launcher: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return False
    return parent_of(pid) == launcher and "ascend_portal worker" in command


class TestLaterRuns:
    """In this order: each starts from what the one before left behind."""

    def test_an_ended_portal_leaves_no_process_and_ends_well(self, data_dir: Path, tmp_path: Path):
        with portal(data_dir, tmp_path / "output") as running:
            family = running.family()
        assert running.process.returncode == 0
        assert not still_running(family)

    def test_a_killed_launcher_takes_every_process_with_it(self, data_dir: Path, tmp_path: Path):
        running = Running(data_dir, tmp_path / "output")
        running.wait_until_ready()
        family = running.family()
        assert len(family) > 8
        running.process.kill()
        running.process.wait()
        wait_for(lambda: not still_running(family), 10)

    def test_it_finds_its_data_again_after_that(self, data_dir: Path, tmp_path: Path):
        before = secrets_of(data_dir)
        with portal(data_dir, tmp_path / "output") as running:
            assert running.status_of("/readyz") == 200
        assert secrets_of(data_dir) == before


def test_servers_that_are_given_are_used_and_left_running(tmp_path: Path):
    database, broker = PostgresServer(), ValkeyServer()
    try:
        urls = {"DATABASE_URL": database.start().url, "REDIS_URL": broker.start().url}
        with portal(tmp_path / "data", tmp_path / "output", **urls) as running:
            assert running.status_of("/readyz") == 200
            assert not {"postgres", "valkey"} & {entry.name for entry in (tmp_path / "data").iterdir()}
        with psycopg.connect(database.url) as connection:
            assert connection.execute("SELECT count(*) FROM accounts_organization").fetchone() == (2,)
    finally:
        broker.stop()
        database.stop()


def test_without_the_sample_a_set_up_page_waits_for_its_token(tmp_path: Path):
    with portal(tmp_path / "data", tmp_path / "output", SAMPLE="0") as running:
        assert "/set-up/" in running.text or "/setup/" in running.text
        assert running.status_of("/setup/") == 200
