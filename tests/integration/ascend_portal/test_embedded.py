"""Our own PostgreSQL and Valkey: private, lasting where asked to, gone where not."""

import os
import signal
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from ascend_portal.embedded import account, process
from ascend_portal.embedded.postgres import PostgresServer
from ascend_portal.embedded.valkey import ValkeyServer
from ascend_portal.launcher import servers
from ascend_portal.launcher.data_directory import DataDirectory

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="a normal user runs PostgreSQL under its own name")


def connect(server: PostgresServer, **changes: str) -> psycopg.Connection:
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    return psycopg.connect(**{names[name]: value for name, value in server.environment.items()} | changes)


@pytest.fixture
def postgres(tmp_path):
    server = PostgresServer(tmp_path / "postgres").start()
    yield server
    server.stop()


class TestPostgres:
    def test_wants_its_password_also_from_its_own_machine(self, postgres):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(postgres, password="guess")

    def test_listens_on_no_network(self, postgres):
        with connect(postgres) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)

    def test_finds_its_data_again_after_a_kill(self, postgres):
        with connect(postgres) as connection:
            connection.execute("CREATE TABLE kept (value int)")
        assert postgres.process is not None
        os.killpg(postgres.process.pid, signal.SIGKILL)
        postgres.process.wait()
        with connect(postgres.start()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)

    def test_a_throw_away_server_leaves_nothing(self):
        server = PostgresServer().start()
        with connect(server) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
        server.stop()
        assert not server.root.exists()

    def test_a_path_that_is_too_long_for_a_socket_gets_a_short_one(self, tmp_path):
        deep = tmp_path / ("deep" * 20) / "postgres"
        server = PostgresServer(deep).start()
        try:
            with connect(server):
                assert not str(server.socket).startswith(str(deep))
        finally:
            server.stop()

    def test_statements_that_fail_leave_no_value_in_its_log(self, postgres):
        with connect(postgres) as connection, pytest.raises(psycopg.DataError):
            connection.execute("SELECT %s::int", ["123-45-6789"])
        with connect(postgres) as connection:
            connection.execute("CREATE TABLE people (email text PRIMARY KEY)")
        with connect(postgres) as connection, pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES (%s), (%s)", ["amelia@example.org"] * 2)
        log = postgres.log.read_text()
        assert "123-45-6789" not in log
        assert "amelia@example.org" not in log


@AS_ROOT
class TestPostgresOfRoot:
    def test_runs_in_a_namespace_where_nobody_else_can_reach_its_data(self, tmp_path):
        (tmp_path / "home").mkdir(mode=0o700)
        server = PostgresServer(tmp_path / "home" / "postgres").start()
        try:
            with connect(server):
                assert server.data.stat().st_uid == 0
        finally:
            server.stop()

    def test_runs_under_an_existing_account_where_namespaces_are_forbidden(self, tmp_path, monkeypatch):
        for folder in (tmp_path, *list(tmp_path.parents)[:2]):
            folder.chmod(0o711)
        monkeypatch.setattr(account, "namespaced", _forbidden)
        with DataDirectory(tmp_path / "data", address="") as directory, servers.postgres(directory) as server:
            with connect(server):
                assert server.data.stat().st_uid == account.unprivileged().uid
            assert directory.path.stat().st_mode & 0o777 == 0o711
            assert server.data.stat().st_mode & 0o777 == 0o700

    def test_says_what_to_do_where_neither_is_possible(self, tmp_path, monkeypatch):
        (tmp_path / "home").mkdir(mode=0o700)
        monkeypatch.setattr(account, "namespaced", _forbidden)
        with pytest.raises(account.NoAccount, match="set DATA_DIR to a directory below /var/lib, or DATABASE_URL"):
            PostgresServer(tmp_path / "home" / "postgres").start()


def _forbidden():
    raise account.NoAccount("user namespaces are forbidden on this machine")


class TestValkey:
    def test_keeps_what_waits_over_a_restart(self, tmp_path):
        server = ValkeyServer(tmp_path / "valkey").start()
        with redis.Redis.from_url(server.url) as client:
            client.rpush("ascend", "task")
        server.stop()
        server.start()
        try:
            with redis.Redis.from_url(server.url) as client:
                assert client.lrange("ascend", 0, -1) == [b"task"]
        finally:
            server.stop()

    def test_wants_its_password_and_keeps_it_off_the_command_line(self):
        server = ValkeyServer().start()
        try:
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(port=server.port).ping()
            assert server.process is not None
            command = Path(f"/proc/{server.process.pid}/cmdline").read_text()
            assert server.password not in command
            assert (server.root / "valkey.conf").stat().st_mode & 0o777 == 0o600
        finally:
            server.stop()
        assert not server.root.exists()


class TestProcess:
    def test_one_that_does_not_listen_is_killed_with_its_children(self, tmp_path):
        script = (
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
        )
        with (tmp_path / "log").open("wb") as log:
            child = process.start([sys.executable, "-c", script], log=log, env=os.environ)
        while not (tmp_path / "log").read_text():
            assert child.poll() is None
        process.stop(child, patience_seconds=0.1)
        assert child.returncode == -signal.SIGKILL

    def test_the_end_of_a_missing_log_is_empty(self, tmp_path):
        assert process.log_tail(tmp_path / "absent") == ""
