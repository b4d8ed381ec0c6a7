"""A shop with plaintext customers follows docs/guides/migrating.md, line by line, while another terminal writes."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
CUSTOMERS = 3_000
READ = """
from clients.models import Customer
print(*(f"{each.pk}:{each.ssn}:{each.notes}" for each in Customer.objects.all()), sep="\\n")
"""


class Shop:
    """The project in a folder of its own, and a terminal in it."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        for name in ("DJANGO_SETTINGS_MODULE", "COVERAGE_PROCESS_START"):
            self.env.pop(name, None)

    def edit(self, version):
        shutil.copy(self.folder / version, self.folder / "clients/models.py")

    def manage(self, *arguments, answers="", code=0):
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=self.folder, env=self.env, input=answers,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def started(self, *argv, **options):
        return subprocess.Popen(
            [sys.executable, *argv], cwd=self.folder, env=self.env, stdout=subprocess.PIPE, text=True, **options
        )

    def sql(self, statement, *params):
        with sqlite3.connect(self.folder / "db.sqlite3", timeout=20) as database:
            return database.execute(statement, params).fetchall()

    def moved(self):
        """Count what campaigns have moved; the other terminal's writes are not among them."""
        return self.sql("SELECT coalesce(sum(done), 0) FROM ascend_campaign_batch")[0][0]

    def left(self):
        return self.sql("SELECT count(*) FROM clients_customer WHERE ssn IS NOT NULL")[0][0]


@pytest.fixture
def shop(tmp_path):
    shutil.copytree(HERE / "moving_in", tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    shop = Shop(tmp_path / "shop")
    (shop.folder / "keys").mkdir(mode=0o700)
    shop.edit("1_before.py")
    shop.manage("makemigrations", "clients")
    shop.manage("migrate")
    rows = [(f"c{number}", f"{number:03}-{number % 97:02}-{number:04}", f"tea {number}") for number in range(CUSTOMERS)]
    with sqlite3.connect(shop.folder / "db.sqlite3") as database:
        database.executemany("INSERT INTO clients_customer (name, ssn, notes) VALUES (?, ?, ?)", rows)
    return shop


@pytest.mark.slow
def test_a_shop_moves_in_while_it_is_open(shop):
    before = dict(shop.sql("SELECT id, ssn FROM clients_customer"))
    shop.edit("2_set_aside.py")
    shop.manage("makemigrations", "clients", "-n", "set_aside", answers="y\ny\n")
    shop.edit("3_window.py")
    shop.manage("makemigrations", "clients", "-n", "window")
    assert "accept" not in "".join(path.read_text() for path in (shop.folder / "clients/migrations").glob("*.py"))
    shop.manage("check")
    shop.manage("migrate")
    shop.manage("makemigrations", "--check", "--dry-run")
    assert shop.left() == CUSTOMERS

    other = shop.started("another_terminal.py")
    assert "rows hold an old value" in shop.manage("protect_column", "clients.Customer.ssn", "--dry-run")
    assert "still hold a value" in shop.manage("protect_column", "clients.Customer.ssn", "--close", code=1)
    the_end_is_refused(shop)
    interrupted(shop, signal.SIGINT, 130)
    interrupted(shop, signal.SIGKILL, -signal.SIGKILL)
    told = shop.manage("protect_column", "clients.Customer.ssn", "--verify", "--lease-seconds", "2")
    assert "0 rows hold an old value" in told
    shop.manage("protect_column", "clients.Customer.notes", "--verify")
    (shop.folder / "stop").touch()
    written = dict(line.split() for line in other.communicate(timeout=60)[0].splitlines())
    assert other.returncode == 0
    assert len(written) > 20

    for name in ("ssn", "notes"):
        told = shop.manage("protect_column", f"clients.Customer.{name}", "--close")
    assert "VACUUM" in told
    shop.edit("4_after.py")
    shop.manage("makemigrations", "clients", "-n", "contract", answers="2\n2\n")
    shop.manage("migrate")
    shop.manage("makemigrations", "--check", "--dry-run")
    shop.manage("check")
    everyone = {**before, **{int(pk): value for pk, value in written.items()}}
    rows = [line.split(":") for line in shop.manage("shell", "--no-imports", "-c", READ).splitlines()]
    assert {int(pk): ssn for pk, ssn, _ in rows} == everyone
    assert {int(pk): notes for pk, _, notes in rows} == {pk: f"tea {pk - 1}" for pk in before}
    no_byte_of_plaintext_is_left(shop, {*before.values(), *everyone.values()})


def the_end_is_refused(shop):
    """Somebody is in a hurry, and takes the window out of the model before all has moved."""
    shop.edit("4_after.py")
    shop.manage("makemigrations", "clients", "-n", "too_early", answers="2\n2\n")
    told = shop.manage("migrate", code=1)
    assert "Run manage.py protect_column until none is left" in told
    next((shop.folder / "clients/migrations").glob("*too_early.py")).unlink()
    shop.edit("3_window.py")
    assert shop.left() > 0


def interrupted(shop, number, code):
    """Start, wait for progress, and stop it: politely, or not."""
    before, moved = shop.left(), shop.moved()
    slow = ("--rows-per-second", "500", "--batch-rows", "50")
    running = shop.started("manage.py", "protect_column", "clients.Customer.ssn", *slow, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while shop.moved() < moved + 100 and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(number)
    told = running.communicate(timeout=60)[0]
    assert running.returncode == code, told
    assert 0 < shop.left() < before


def no_byte_of_plaintext_is_left(shop, values):
    database = sqlite3.connect(shop.folder / "db.sqlite3")
    database.execute("VACUUM")
    database.close()
    stored = b"".join(path.read_bytes() for path in shop.folder.glob("db.sqlite3*"))
    assert [value for value in values if value.encode() in stored] == []
    assert b"tea 17" not in stored
