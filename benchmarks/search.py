"""Searches of encrypted columns beside the same searches of plain ones, per family of indexes, on a real keychain.

    python benchmarks/search.py [--quick] [--sqlite] [--json FILE]

For each family: milliseconds a search for the keys of the rows that answer, second pass included; the same on a plain
column with the index that a database has for it (a tree; `pg_trgm` for pieces of names, where it is installed) and
without one (`LIKE` over the whole table); rows that the first pass found and the second removed; what the index costs
a row. Names are made of syllables, so that a fragment of six letters finds few of them. PostgreSQL unless said.
"""

import argparse
import base64
import datetime as dt
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

ORGANIZATION = uuid.UUID("6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10")
BATCH = 500
GIVEN = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Frances", "Niklaus", "Margaret", "Tony"]
SYLLABLES = [first + vowel + last for first in "bdfghklmnprstvz" for vowel in "aeiou" for last in ("", "n", "r", "l")]
FIRST_DAY = dt.date(1930, 1, 1)
DAYS = 30_000


@dataclass(frozen=True)
class Family:
    """One family: its encrypted column and index, the question, and the same asked of a plain column."""

    title: str
    column: str
    index: str
    bits: int
    question: Callable[[Any], dict[str, Any]]
    plain: Callable[[Any], dict[str, Any]]


@dataclass
class Line:
    """One line of the table; times in milliseconds, sizes in bytes a row."""

    family: str
    searched: float
    plain_indexed: float
    plain_scan: float
    found: float
    removed: float
    column_bytes: float
    index_bytes: float


FAMILIES = [
    Family("equality", "ssn", "exact", 128, lambda p: {"ssn": p.ssn}, lambda p: {"ssn": p.ssn}),
    Family(
        "last four", "ssn", "last4", 128,
        lambda p: {"ssn__last4": p.ssn[-4:]}, lambda p: {"ssn__endswith": p.ssn[-4:]}),
    Family(
        "last digits of a phone", "phone", "phone", 128,
        lambda p: {"phone__phone": p.phone}, lambda p: {"phone": p.phone}),
    Family("month", "born", "month", 128, lambda p: {"born__month": p.born}, lambda p: month_of(p.born)),
    Family(
        "beginning of 3", "name", "prefix-3", 128,
        lambda p: {"name__prefix": family_of(p)[:3]}, lambda p: {"name__startswith": family_of(p)[:3]}),
    Family(
        "beginning of 5 by prefix-3", "name", "prefix-3", 128,
        lambda p: {"name__startswith": family_of(p)[:5]}, lambda p: {"name__startswith": family_of(p)[:5]}),
    Family(
        "fragment of 6", "name", "ngram-3", 8,
        lambda p: {"name__contains": family_of(p)[1:7]}, lambda p: {"name__contains": family_of(p)[1:7]}),
    Family(
        "fragment of 4", "name", "ngram-3", 8,
        lambda p: {"name__contains": family_of(p)[1:5]}, lambda p: {"name__contains": family_of(p)[1:5]}),
    Family(
        "30 days, 128 bits", "born", "range-date-32", 128, lambda p: days_from(p.born, 30),
        lambda p: days_from(p.born, 30)),
    Family(
        "300 days, 128 bits", "born", "range-date-32", 128, lambda p: days_from(p.born, 300),
        lambda p: days_from(p.born, 300)),
    Family(
        "30 days, 24 bits", "seen", "range-date-32", 24, lambda p: days_from(p.seen, 30, "seen"),
        lambda p: days_from(p.seen, 30, "seen")),
    Family(
        "amounts over 1,000", "salary", "range-number-1000", 128,
        lambda p: {"salary__range": (p.salary, p.salary + 1000)},
        lambda p: {"salary__range": (p.salary, p.salary + 1000)}),
]  # fmt: skip


def family_of(person: Any) -> str:
    """Return the first word of a name, which is the family's."""
    return str(person.name.split()[0])


def month_of(day: dt.date) -> dict[str, Any]:
    """Return the plain question for the days of a month."""
    after = (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return {"born__gte": day.replace(day=1), "born__lt": after}


def days_from(day: dt.date, count: int, column: str = "born") -> dict[str, Any]:
    """Return the question for the days after one."""
    return {f"{column}__range": (day, day + dt.timedelta(days=count))}


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


class Column(NamedTuple):
    """One column of the table: its plain and its encrypted field, their options and the indexes of the latter."""

    plain: Any
    sealed: Any
    options: dict[str, Any]
    indexes: list[Any]


def columns() -> dict[str, Column]:
    """Return the columns of the table."""
    from django.db import models

    from ascend import fields
    from ascend.fields import Index

    def indexes(column: str) -> list[Index]:
        declared = {family.index: Index(family.index, family.bits) for family in FAMILIES if family.column == column}
        return list(declared.values())

    text = {"max_length": 60}
    return {
        "ssn": Column(models.CharField, fields.EncryptedCharField, text, indexes("ssn")),
        "phone": Column(models.CharField, fields.EncryptedCharField, text, indexes("phone")),
        "name": Column(models.CharField, fields.EncryptedCharField, text, indexes("name")),
        "born": Column(models.DateField, fields.EncryptedDateField, {}, indexes("born")),
        "seen": Column(models.DateField, fields.EncryptedDateField, {}, indexes("seen")),
        "salary": Column(models.IntegerField, fields.EncryptedIntegerField, {}, indexes("salary")),
    }


def kinds() -> dict[str, Any]:
    """Return the encrypted model, the plain one with an index on every column, and the one without."""
    from django.db import models

    def model(name: str, make: Callable[[Column], Any]) -> Any:
        body = {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "bench"})}
        return type(name, (models.Model,), body | {name: make(column) for name, column in columns().items()})

    return {
        "encrypted": model("Sealed", lambda column: column.sealed(**column.options, indexes=column.indexes)),
        "indexed": model("Indexed", lambda column: column.plain(**column.options, db_index=True)),
        "scanned": model("Scanned", lambda column: column.plain(**column.options)),
    }


def people(model: Any, count: int) -> Iterator[Any]:
    """Yield so many people, the same ones for every model."""
    chosen = random.Random(5)  # noqa: S311 - the same rows in every run
    for n in range(count):
        family = "".join(chosen.choices(SYLLABLES, k=chosen.choice((2, 3, 3, 4)))).title()
        yield model(
            ssn=f"{n * 7919 % 10**9:09d}",
            phone=f"+49 30 {chosen.randrange(10**7):07d}",
            name=f"{family}-{chosen.choice(GIVEN)} {chosen.choice(GIVEN)}".replace("-", " "),
            born=FIRST_DAY + dt.timedelta(days=chosen.randrange(DAYS)),
            seen=FIRST_DAY + dt.timedelta(days=chosen.randrange(DAYS)),
            salary=int(chosen.lognormvariate(11, 0.5)),
        )


def seconds_of(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def fill(model: Any, count: int) -> float:
    """Return how many rows a second were inserted."""
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.create_model(model)
    rows = list(people(model, count))
    rate = count / seconds_of(lambda: model.objects.bulk_create(rows, batch_size=BATCH))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")  # noqa: SLF001 - benchmarks ask the database itself
    return rate


def add_trigrams(model: Any) -> bool:
    """Put a trigram index on the plain name, where PostgreSQL has the extension."""
    from django.db import DatabaseError, connection

    if connection.vendor != "postgresql":
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(f"CREATE INDEX trigrams ON {model._meta.db_table} USING gin (name gin_trgm_ops)")  # noqa: SLF001
    except DatabaseError:
        return False
    return True


def search_time(model: Any, questions: list[dict[str, Any]]) -> float:
    """Return the median time of a search for the keys of all rows that answer, in milliseconds.

    Of each question the fastest of five attempts counts: other work on the machine only ever adds.
    """

    def attempts(asked: dict[str, Any]) -> Iterator[float]:
        for _ in range(5):
            yield seconds_of(partial(list, model.objects.filter(**asked).values_list("pk", flat=True)))

    return 1000 * statistics.median(min(attempts(asked)) for asked in questions)


def removed_by_second_pass(model: Any, questions: list[dict[str, Any]]) -> tuple[float, float]:
    """Return how many rows a search finds, and how many of the first pass the second removed, on average."""
    from ascend.fields.rechecked import Rechecked

    found, removed = [], []
    for asked in questions:
        query = model.objects.filter(**asked)
        found.append(query.count())
        condition = query.query.where.children[0]
        if not isinstance(condition, Rechecked):
            removed.append(0)
            continue
        search, rows = condition.search, model.objects.all()
        rows.query.where.add(search.first_pass(model._meta.db_table, search.digests), "AND")  # noqa: SLF001
        removed.append(rows.count() - len(search.answering_rows("default")))
    return statistics.mean(found), statistics.mean(removed)


def sizes(model: Any, family: Family, count: int) -> tuple[float, float]:
    """Return the bytes a row of the index column and of the database's index over it; nothing but PostgreSQL tells."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0, 0.0
    column = f"{family.column}_{family.index.replace('-', '_')}_a"
    with connection.cursor() as cursor:
        table = model._meta.db_table  # noqa: SLF001
        cursor.execute(f"SELECT avg(pg_column_size({column})) FROM {table}")  # noqa: S608 - our own names
        (stored,) = cursor.fetchone()
        constraints = connection.introspection.get_constraints(cursor, table)
        name = next(name for name, found in constraints.items() if found["columns"] == [column])
        cursor.execute("SELECT pg_relation_size(%s)", [f'"{name}"'])
        return float(stored), cursor.fetchone()[0] / count


def measure(models: dict[str, Any], count: int, searches: int) -> list[Line]:
    asked_for = random.Random(7).choices(list(people(models["indexed"], count)), k=searches)  # noqa: S311
    lines = []
    for family in FAMILIES:
        questions = [family.question(person) for person in asked_for]
        plainly = [family.plain(person) for person in asked_for]
        found, removed = removed_by_second_pass(models["encrypted"], questions)
        lines.append(
            Line(
                family.title,
                search_time(models["encrypted"], questions),
                search_time(models["indexed"], plainly),
                search_time(models["scanned"], plainly),
                found,
                removed,
                *sizes(models["encrypted"], family, count),
            )
        )
    return lines


def show(lines: list[Line], rates: dict[str, float], has_trigrams: bool) -> None:  # noqa: FBT001
    heads = ("found", "removed", "ms", "plain, index", "plain, scan", "column B", "index B")
    print(f"{'':<28}" + "".join(f"{head:>14}" for head in heads))
    for line in lines:
        cells = (line.found, line.removed, line.searched, line.plain_indexed, line.plain_scan)
        sizes = (line.column_bytes, line.index_bytes)
        print(
            f"{line.family:<28}" + "".join(f"{cell:>14.2f}" for cell in cells) + "".join(f"{s:>14.0f}" for s in sizes)
        )
    print("rows a second inserted: " + ", ".join(f"{kind} {rate:,.0f}" for kind, rate in rates.items()))
    print(f"pg_trgm on the plain name: {'yes' if has_trigrams else 'not installed, so LIKE over the whole table'}")


def database(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    if arguments.sqlite:
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


def run(count: int, searches: int) -> tuple[list[Line], dict[str, float], bool]:
    from ascend.scope import organization_scope

    with organization_scope(ORGANIZATION):
        models = kinds()
        rates = {kind: fill(model, count) for kind, model in models.items()}
        has_trigrams = add_trigrams(models["indexed"])
        return measure(models, count, searches), rates, has_trigrams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10,000 rows and 10 searches instead of 100,000 and 30")
    parser.add_argument("--sqlite", action="store_true", help="on SQLite instead of the embedded PostgreSQL")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    count, searches = (10_000, 10) if arguments.quick else (100_000, 30)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o700)
        configure(database(arguments, folder), folder)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        lines, rates, has_trigrams = run(count, searches)
        from ascend.keychain import keyring

        keyring.close()
    show(lines, rates, has_trigrams)
    if arguments.json:
        told: dict[str, Any] = {
            "database": "sqlite" if arguments.sqlite else "postgresql",
            "rows": count,
            "searches": searches,
        }
        told |= {"python": platform.python_version(), "pg_trgm": has_trigrams, "inserted": rates}
        told |= {"families": [asdict(line) for line in lines]}
        arguments.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
