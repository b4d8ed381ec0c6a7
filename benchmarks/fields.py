"""Encrypted fields beside plain ones and beside a bare AES-GCM field, in the same run, on a real keychain.

    python benchmarks/fields.py [--quick] [--postgresql] [--json FILE]

Each repeat makes fresh tables and measures every kind in turn; a ratio compares two kinds of the same repeat,
and the median over the repeats is printed. Four of six columns are encrypted, none is searchable unless said.
"bare" is a `BinaryField` around AES-GCM with an AAD: what no design of this kind can be faster than.

SQLite runs in this process, so there its processor time is counted and other work on the machine disturbs little;
on PostgreSQL the clock on the wall is read, and a ratio from a busy machine means nothing.
"""

import argparse
import base64
import gc
import json
import os
import platform
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
BATCH = 500
LOOKUPS = 500


def configure(database: dict[str, Any], folder: Path) -> None:
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="bench",  # noqa: S106
        USE_TZ=True,
        INSTALLED_APPS=["django.contrib.contenttypes", "ascend"],
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ASCEND_DEPLOYMENT="bench",
        ASCEND_REGISTRY_KEY=base64.b64encode(os.urandom(32)).decode(),
        ASCEND_LOCAL_KEYS_DIR=folder,
        ASCEND_LEASE_SECONDS=300,
    )
    django.setup()


def bare_field() -> type:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from django.db import models

    class BareField(models.BinaryField):  # type: ignore[type-arg]  # not subscriptable without django-stubs-ext
        cipher = AESGCM(os.urandom(32))
        aad = b"bench.person.ssn"

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "editable": True})

        def get_db_prep_value(self, value: Any, connection: Any, *_: Any, **__: Any) -> Any:
            nonce = os.urandom(12)
            return nonce + self.cipher.encrypt(nonce, value.encode(), self.aad)

        def from_db_value(self, value: bytes, expression: Any, connection: Any) -> str:
            return self.cipher.decrypt(value[:12], value[12:], self.aad).decode()

    return BareField


def person(name: str, make: Callable[[], Any], key: Callable[[], Any], indexed: Callable[[], Any] | None = None) -> Any:
    """Return a model with four columns made by `make`; `indexed` makes the e-mail instead."""
    from django.db import models

    body = {
        "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "bench"}),
        "id": key(),
        "name": models.CharField(max_length=40),
        "visits": models.IntegerField(),
        "ssn": make(),
        "email": (indexed or make)(),
        "account_number": make(),
        "city": make(),
    }
    return type(name, (models.Model,), body)


def kinds() -> dict[str, Any]:
    from django.db import models

    from ascend.fields import EncryptedCharField

    def serial() -> Any:
        return models.BigAutoField(primary_key=True)

    def uuid_key() -> Any:
        return models.UUIDField(primary_key=True, default=uuid.uuid4)

    def plain() -> Any:
        return models.CharField(max_length=40)

    return {
        "plain": person("Plain", plain, serial),
        "bare": person("Bare", bare_field(), serial),
        "field": person("FieldBound", lambda: EncryptedCharField(max_length=40), serial),
        "plain, UUID": person("PlainUuid", plain, uuid_key),
        "row": person("RowBound", lambda: EncryptedCharField(max_length=40, bind="row"), uuid_key),
        "plain, db_index": person(
            "PlainIndexed", plain, serial, lambda: models.CharField(max_length=40, db_index=True)
        ),
        "field, exact index": person(
            "FieldIndexed",
            lambda: EncryptedCharField(max_length=40),
            serial,
            lambda: EncryptedCharField(max_length=40, indexes=["exact"]),
        ),
    }


BESIDE = {"bare": "plain", "field": "plain", "row": "plain, UUID", "field, exact index": "plain, db_index"}


def rows_of(model: Any, count: int) -> list[Any]:
    return [
        model(
            name=f"Name {n}", visits=n, ssn=f"{n:011d}", email=f"person{n:08d}@example.org",
            account_number=f"{n:016d}", city="Northampton",
        )
        for n in range(count)
    ]  # fmt: skip


def timed(action: Callable[[], Any]) -> float:
    from django.db import connection

    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    gc.collect()
    started = clock()
    action()
    return clock() - started


def read_all(model: Any) -> None:
    for row in model.objects.iterator():
        _ = row.ssn, row.email, row.account_number, row.city


def read_none(model: Any) -> None:
    for row in model.objects.iterator():
        _ = row.name


def look_up(model: Any, count: int) -> None:
    for n in range(LOOKUPS):
        model.objects.get(email=f"person{n % count:08d}@example.org")


def save_all(rows: list[Any]) -> None:
    from django.db import transaction

    with transaction.atomic():
        for row in rows:
            row.save(force_insert=True)


def measure(model: Any, count: int, saves: int) -> dict[str, float]:
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.create_model(model)
    rows, singles = rows_of(model, count), rows_of(model, saves)
    seconds = {
        "bulk_create": timed(lambda: model.objects.bulk_create(rows, batch_size=BATCH)),
        "read every field": timed(lambda: read_all(model)),
        "read none of them": timed(lambda: read_none(model)),
        "look-up": timed(lambda: look_up(model, count)) if "ndexed" in model.__name__ else 0.0,
    }
    seconds["save()"] = timed(lambda: save_all(singles))
    with connection.schema_editor() as editor:
        editor.delete_model(model)
    return seconds


def ratios(repeats: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    lines: dict[str, dict[str, float]] = {}
    for kind, beside in BESIDE.items():
        for line in repeats[0][kind]:
            found = [repeat[kind][line] / repeat[beside][line] for repeat in repeats if repeat[beside][line]]
            if found:
                lines.setdefault(kind, {})[line] = round(statistics.median(found), 2)
    for line in ("bulk_create", "read every field", "save()"):
        over = [repeat["field"][line] / repeat["bare"][line] for repeat in repeats]
        lines.setdefault("field beside bare", {})[line] = round(statistics.median(over), 2)
        over = [
            (repeat["row"][line] / repeat["plain, UUID"][line]) / (repeat["bare"][line] / repeat["plain"][line])
            for repeat in repeats
        ]
        lines.setdefault("row beside bare", {})[line] = round(statistics.median(over), 2)
    return lines


def show(lines: dict[str, dict[str, float]], seconds: dict[str, float], count: int) -> None:
    names = ["bulk_create", "read every field", "read none of them", "save()", "look-up"]
    print(f"{'ratio':<28}" + "".join(f"{name:>19}" for name in names))
    for kind, line in lines.items():
        beside = f"{kind} / {BESIDE[kind]}" if kind in BESIDE else kind
        print(f"{beside:<28}" + "".join(f"{line.get(name, '–'):>19}" for name in names))
    print(f"plain, seconds ({count} rows)".ljust(28) + "".join(f"{seconds.get(name, 0):>19.3f}" for name in names[:4]))


def run(count: int, saves: int, repeats: int) -> tuple[dict[str, Any], dict[str, float]]:
    from ascend.scope import organization_scope

    models = kinds()
    with organization_scope(ORGANIZATION):
        for model in models.values():  # keys are made and code is warm before anything is measured
            measure(model, 50, 20)
        measured = []
        for number in range(repeats):
            order = list(models.items())[:: 1 if number % 2 else -1]  # neither side always runs first
            measured.append({kind: measure(model, count, saves) for kind, model in order})
    plain = {line: statistics.median(repeat["plain"][line] for repeat in measured) for line in measured[0]["plain"]}
    return ratios(measured), plain


def database(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    if not arguments.postgresql:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "bench.sqlite3",
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"},
        }
    import atexit

    from ascend_portal.embedded.postgres import PostgresServer

    server = PostgresServer()
    atexit.register(server.stop)
    given = server.start().environment
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": given["PGDATABASE"], "USER": given["PGUSER"],
        "PASSWORD": given["PGPASSWORD"], "HOST": given["PGHOST"], "PORT": given.get("PGPORT", ""),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 rows and 3 repeats instead of 20,000 and 5")
    parser.add_argument("--postgresql", action="store_true", help="on the embedded PostgreSQL instead of SQLite")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    count, saves, repeats = (2_000, 300, 3) if arguments.quick else (20_000, 1_000, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o700)
        configure(database(arguments, folder), folder)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        lines, plain = run(count, saves, repeats)
        from ascend.keychain import keyring

        keyring.close()
    show(lines, plain, count)
    if arguments.json:
        told: dict[str, str | float] = {"database": "postgresql" if arguments.postgresql else "sqlite"}
        told |= {"rows": count, "repeats": repeats, "python": platform.python_version()}
        told |= {f"{kind}: {name}": ratio for kind, line in lines.items() for name, ratio in line.items()}
        told |= {f"plain seconds: {name}": seconds for name, seconds in plain.items()}
        arguments.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
