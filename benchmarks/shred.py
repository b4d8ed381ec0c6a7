"""Values under keys of persons beside the same columns without `shred_with=`: every row is another person's.

    python benchmarks/shred.py [--quick] [--postgresql] [--rows N] [--json FILE]

Three columns, bound to their row. "cold" is the first read under a lease, which loads and unwraps a key for each
person; "warm" the next one. SQLite runs in this process, so there its processor time is counted.
"""

import argparse
import base64
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

ORGANIZATION = uuid.UUID("6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10")
KEYS = "person_keys"


def configure(main: dict[str, Any], keys: dict[str, Any], folder: Path) -> None:
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="bench",  # noqa: S106
        USE_TZ=True,
        INSTALLED_APPS=["ascend"],
        DATABASES={"default": main, KEYS: keys},
        DATABASE_ROUTERS=["ascend.keychain.router.KeyDatabaseRouter"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ASCEND_DEPLOYMENT="bench",
        ASCEND_REGISTRY_KEY=base64.b64encode(os.urandom(32)).decode(),
        ASCEND_LOCAL_KEYS_DIR=folder,
        ASCEND_LEASE_SECONDS=300,
        ASCEND_DEFAULT_ORGANIZATION=ORGANIZATION,
        ASCEND_KEY_DATABASE=KEYS,
    )
    django.setup()


def models() -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection
    from django.db import models as django_models

    from ascend.fields import EncryptedCharField, EncryptedManager

    def model(name: str, **options: Any) -> Any:
        columns = {f"value_{n}": EncryptedCharField(max_length=40, bind="row", **options) for n in range(3)}
        key = django_models.UUIDField(primary_key=True, default=uuid.uuid4)
        meta = type("Meta", (), {"app_label": "bench"})
        body = {"__module__": __name__, "Meta": meta, "id": key, "objects": EncryptedManager(), **columns}
        return type(name, (django_models.Model,), body)

    call_command("migrate", verbosity=0)
    call_command("migrate", database=KEYS, verbosity=0)
    found = {"without": model("Without"), "shred_with": model("ShredWith", shred_with="id")}
    with connection.schema_editor() as editor:
        for each in found.values():
            editor.create_model(each)
    return found


def measured(work: Callable[[], object], clock: Callable[[], float]) -> float:
    started = clock()
    work()
    return clock() - started


def one_repeat(model: Any, rows: int, clock: Callable[[], float]) -> dict[str, float]:
    from ascend.keychain import keyring

    model.objects.all().delete()
    people = [model(**{f"value_{n}": f"value {n} of {number}" for n in range(3)}) for number in range(rows)]

    def read() -> int:
        return sum(len(row.value_0) + len(row.value_1) + len(row.value_2) for row in model.objects.all())

    seconds = {"bulk_create": measured(lambda: model.objects.bulk_create(people, batch_size=500), clock)}
    keyring.close()
    keyring.require(ORGANIZATION)
    seconds["read, cold"] = measured(read, clock)
    seconds["read, warm"] = measured(read, clock)
    seconds["read none"] = measured(lambda: len(model.objects.all()), clock)
    return seconds


def postgresql() -> tuple[dict[str, Any], dict[str, Any], Callable[[], None]]:
    from ascend_portal.embedded.postgres import PostgresServer

    server = PostgresServer()
    given = server.start().environment
    main = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres"}
    main |= {key: given[f"PG{key}"] for key in ("HOST", "PORT", "USER", "PASSWORD")}
    import psycopg

    with psycopg.connect(
        host=main["HOST"], port=main["PORT"], user=main["USER"], password=main["PASSWORD"], dbname="postgres",
        autocommit=True,
    ) as connection:  # fmt: skip
        connection.execute(f"CREATE DATABASE {KEYS}")
    return main, {**main, "NAME": KEYS}, server.stop


def sqlite() -> tuple[dict[str, Any], dict[str, Any], Callable[[], None]]:
    main, keys = ({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"} for _ in range(2))
    return main, keys, lambda: None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1,000 rows, one repeat")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows, repeats = (1_000, 1) if arguments.quick else (arguments.rows, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database, keys, stop = postgresql() if arguments.postgresql else sqlite()
        try:
            figures = run(database, keys, folder, rows, repeats, is_wall=arguments.postgresql)
        finally:
            stop()
    for title, value in figures.items():
        print(f"{title:40} {value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def run(
    database: dict[str, Any], keys: dict[str, Any], folder: Path, rows: int, repeats: int, *, is_wall: bool
) -> dict[str, float]:
    configure(database, keys, folder / "master")
    kinds = models()
    clock = time.perf_counter if is_wall else time.process_time
    seconds: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    for _ in range(repeats):
        for kind, model in kinds.items():
            seconds[kind].append(one_repeat(model, rows, clock))
    from ascend.keychain import keyring

    keyring.close()
    figures: dict[str, float] = {"rows": rows, "repeats": repeats}
    for title in seconds["without"][0]:
        with_keys, without = (statistics.median(each[title] for each in seconds[kind]) for kind in
                              ("shred_with", "without"))  # fmt: skip
        pairs = zip(seconds["shred_with"], seconds["without"], strict=True)
        figures[f"{title}: microseconds a row"] = round(with_keys / rows * 1e6, 1)
        figures[f"{title}: without shred_with"] = round(without / rows * 1e6, 1)
        figures[f"{title}: ratio"] = round(statistics.median(a[title] / b[title] for a, b in pairs), 2)
    return figures


if __name__ == "__main__":
    main()
