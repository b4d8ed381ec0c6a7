"""Protecting a plaintext column against a bare read-seal-swap loop, and its memory, with a real keychain.

    .venv/bin/python benchmarks/protect.py [--rows N | --quick] [--sqlite] [--json FILE]

The loop reads the same rows by ranges of the key, seals with AES-GCM under one key, makes the same two hashes, and
runs the same compare-and-swap in batches of 500. It has no campaign, lease, fence, failed row or pace: it is the
limit. Both tables have the same rows. The campaign runs once plainly and once with `--verify`.
"""

import argparse
import atexit
import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import platform
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

ORGANIZATION = "6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10"
FULL_ROWS, QUICK_ROWS, WARM_UP_ROWS = 200_000, 10_000, 10_000
BATCH = 500


def configure(arguments: argparse.Namespace, folder: Path) -> None:
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="bench",  # noqa: S106
        USE_TZ=True,
        INSTALLED_APPS=["django.contrib.contenttypes", "ascend"],
        DATABASES={"default": database(arguments, folder)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ASCEND_DEPLOYMENT="bench",
        ASCEND_REGISTRY_KEY=base64.b64encode(os.urandom(32)).decode(),
        ASCEND_LOCAL_KEYS_DIR=folder,
        ASCEND_DEFAULT_ORGANIZATION=ORGANIZATION,
        ASCEND_LEASE_SECONDS=300,
    )
    django.setup()


def database(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    if arguments.sqlite:
        options = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode = WAL"}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "bench.sqlite3", "OPTIONS": options}
    from ascend_portal.embedded.postgres import PostgresServer

    server = PostgresServer()
    atexit.register(server.stop)
    given = server.start().environment
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": given["PGDATABASE"], "USER": given["PGUSER"],
        "PASSWORD": given["PGPASSWORD"], "HOST": given["PGHOST"], "PORT": given.get("PGPORT", ""),
    }  # fmt: skip


def model() -> Any:
    from django.db import models

    from ascend.fields import EncryptedCharField, OldColumn
    from ascend.fields.accept import Plaintext

    class Customer(models.Model):
        ssn_old = OldColumn(models.CharField(max_length=11, db_column="ssn"))
        ssn = EncryptedCharField(
            max_length=11, null=True, db_column="ssn_sealed", indexes=["exact", "last4"], accept=[Plaintext()],
            replaces="ssn_old", accept_until=dt.date(2099, 1, 1),
        )  # fmt: skip

        class Meta:
            app_label = "bench"

    return Customer


def fill(rows: int) -> None:
    """Make the table anew, with plaintext in every row."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bench_customer")
        # Made in the database: a list of all rows would be the peak of this process's memory.
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) "
            "INSERT INTO bench_customer (id, ssn) SELECT i, CAST(10000000000 + i AS VARCHAR(11)) FROM n",
            [rows],
        )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE bench_customer")
            cursor.execute("CHECKPOINT")


def bare() -> None:
    """Move every row: what no campaign can be faster than."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from django.db import connection, transaction

    cipher, aad, key, after = AESGCM(os.urandom(32)), b"bench.customer.ssn", os.urandom(32), 0
    header = b"\x01" + os.urandom(8)

    def change(pk: int, ssn: str) -> tuple[Any, ...]:
        nonce, text = os.urandom(12), ssn.encode()
        hashes = (hmac.new(key, part, hashlib.sha256).digest()[:16] for part in (text, text[-4:]))
        return header + nonce + cipher.encrypt(nonce, text, aad), *hashes, pk, ssn

    with connection.cursor() as cursor:
        while True:
            select = "SELECT id, ssn FROM bench_customer WHERE id > %s AND ssn IS NOT NULL ORDER BY id LIMIT %s"
            cursor.execute(select, [after, BATCH])
            if not (rows := cursor.fetchall()):
                return
            with transaction.atomic():
                cursor.executemany(
                    "UPDATE bench_customer SET ssn_sealed = %s, ssn_exact_a = %s, ssn_last4_a = %s, ssn = NULL "
                    "WHERE id = %s AND ssn_sealed IS NULL AND ssn = %s",
                    [change(*row) for row in rows],
                )
            after = rows[-1][0]


def campaign(customer: Any, *, verify: bool, rows: int = 500) -> Callable[[], None]:
    from ascend.campaigns import lifecycle, run
    from ascend.campaigns.models import State
    from ascend.campaigns.pace import Pace
    from ascend.campaigns.protecting import Protect
    from ascend.campaigns.target import Target

    def move() -> None:
        work = Protect(Target(customer._meta.get_field("ssn"), "default", uuid.UUID(ORGANIZATION)), verify=verify)
        ended = run.run(lifecycle.open_campaign(work), work, run.Options(Pace(rows=rows)))
        assert ended.state == State.DONE
        assert work.target.old_values_left() == 0

    return move


def rates(name: str, rows: int, move: Callable[[], None]) -> dict[str, float]:
    """Return rows per second on the wall, and per second of this process's processor time."""
    fill(rows)
    wall, cpu = time.perf_counter(), time.process_time()
    move()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {f"{name} rows/s": rows / wall, f"{name} rows/processor second": rows / cpu}


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(rows: int) -> dict[str, float]:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    customer = model()
    with connection.schema_editor() as editor:
        editor.create_model(customer)
    rates("warm-up", WARM_UP_ROWS, campaign(customer, verify=False, rows=2_000))  # as large as a batch ever is
    at_first = peak_mib()
    told = rates("bare", rows, bare)
    told |= rates("campaign", rows, campaign(customer, verify=False))
    told |= rates("verified", rows, campaign(customer, verify=True))
    for name in ("campaign", "verified"):
        for unit in ("rows/s", "rows/processor second"):
            told[f"{name} / bare, {unit}"] = told[f"{name} {unit}"] / told[f"bare {unit}"]
    return told | {"peak MiB after 10,000 rows": at_first, "peak MiB at the end": peak_mib()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=FULL_ROWS)
    parser.add_argument("--quick", action="store_const", dest="rows", const=QUICK_ROWS, help=f"{QUICK_ROWS} rows")
    parser.add_argument("--sqlite", action="store_true", help="on SQLite instead of the embedded PostgreSQL")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too, as one flat object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o700)
        configure(arguments, folder)
        told = measure(arguments.rows)
        from ascend.keychain import keyring

        keyring.close()
    print(f"{arguments.rows:,} rows on {'SQLite' if arguments.sqlite else 'PostgreSQL'}")
    for name, value in told.items():
        print(f"{name:42}{value:12,.2f}")
    if arguments.json:
        about = {
            "rows": arguments.rows,
            "python": platform.python_version(),
            "database": "sqlite" if arguments.sqlite else "postgresql",
        }
        arguments.json.write_text(json.dumps(about | told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
