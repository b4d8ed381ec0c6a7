"""Import speed against a bare parse-seal-COPY loop, and its memory, on a real PostgreSQL.

    .venv/bin/python benchmarks/import.py [--rows N | --quick] [--json FILE]

Both read the same CSV, seal the same eight fields, fill the same ten indexes of the same table and
run one after the other in one process. The loop checks nothing, counts nothing and cannot be
resumed: it is the limit. Prints rows per second of both, their ratio, and the peak memory.
"""

import argparse
import base64
import csv
import io
import json
import os
import resource
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

ROOT = Path(__file__).parents[1]
FULL_ROWS, QUICK_ROWS, WARM_UP_ROWS = 100_000, 10_000, 10_000
HEADER = "reference,name,email,phone,ssn,date_of_birth,account_number,address,notes\n"
MEGABYTE_KIB = 1024


@dataclass(frozen=True, slots=True)
class Result:
    """What one run measured. Memory is the peak of the process so far, in MiB."""

    rows: int
    bare_rows_per_second: float
    dry_run_rows_per_second: float
    import_rows_per_second: float
    ratio: float
    peak_mib_at_10k: float
    peak_mib_at_end: float


def main() -> None:
    """Start a server unless one is given, measure, print."""
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="ascend-benchmark-"))
    stop = _environment(folder)
    try:
        result = _measure(arguments.rows)
    finally:
        stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(_table(result))
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(result), indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=FULL_ROWS)
    parser.add_argument("--quick", action="store_const", dest="rows", const=QUICK_ROWS, help=f"{QUICK_ROWS} rows")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too, as one flat object")
    return parser.parse_args()


def _environment(folder: Path) -> Any:
    """Give this process what a deployment has, and return how to end it."""
    sys.path.insert(0, str(ROOT))
    registry_key = base64.b64encode(secrets.token_bytes(32)).decode()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "ascend_portal.settings",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ASCEND_REGISTRY_KEY": registry_key,
        "ASCEND_DEPLOYMENT": "benchmark",
        "ASCEND_LOCAL_KEYS_DIR": str(folder / "keys"),
        "DATA_DIR": str(folder / "data"),
        "HTTPS_ONLY": "false",
        "LOG_LEVEL": "WARNING",
        # No broker: slices are run here.
        "REDIS_URL": "memory://",
    }
    from ascend_portal.embedded.postgres import PostgresServer

    # Not the ephemeral kind: commits reach the disk, as they would in production.
    server = PostgresServer(folder / "postgres").start()
    os.environ |= server.environment
    import django
    from django.core.management import call_command

    django.setup()
    from django.conf import settings

    settings.ASCEND_BROADCAST = ""
    call_command("migrate", verbosity=0)
    return server.stop


def _measure(rows: int) -> Result:
    from ascend.keychain import keyring
    from tests.factories import accounts

    organization, other = accounts.organization("Northwind"), accounts.organization("Kestrel")
    steward = accounts.person("Bob")
    _import(WARM_UP_ROWS, organization.pk, steward.pk)
    _bare(WARM_UP_ROWS, other.pk)
    peak_at_10k = _peak_mib()
    # Both begin with an empty table: what an index costs depends on what is in it.
    _empty_table()
    dry_run, imported = _import(rows, organization.pk, steward.pk)
    peak = _peak_mib()
    _empty_table()
    bare = _bare(rows, other.pk)
    keyring.close()
    return Result(
        rows=rows,
        bare_rows_per_second=round(bare),
        dry_run_rows_per_second=round(dry_run),
        import_rows_per_second=round(imported),
        ratio=round(imported / bare, 3),
        peak_mib_at_10k=round(peak_at_10k, 1),
        peak_mib_at_end=round(peak, 1),
    )


def _import(rows: int, organization_id: UUID, steward_id: UUID) -> tuple[float, float]:
    """Import `rows` people through the product's own path; return rows per second of dry run and import."""
    from django.utils import timezone

    from records.person_fields import FIELDS
    from records.services import importing, spool, uploading

    upload = spool.Spool(organization_id)
    for piece in _pieces(rows):
        upload.write(piece)
    upload.finish()
    job = uploading.open_job(upload=upload, file_name="people.csv", person_id=steward_id, now=timezone.now())
    targets = [field.name for field in FIELDS]
    importing.match_columns(job_id=job.pk, organization_id=organization_id, targets=targets)
    dry_run = _timed(job, rows)
    importing.accept(job_id=job.pk, organization_id=organization_id, person_id=steward_id, now=timezone.now())
    imported = _timed(job, rows)
    if job.rows_imported != rows:
        raise SystemExit(f"{job.rows_imported} of {rows} rows were imported: {job.state}")
    return dry_run, imported


def _timed(job: Any, rows: int) -> float:
    """Run the slices of `job` until it rests, as a worker would; return rows per second."""
    from records.models.imports import WORKING
    from records.services import work

    started = time.perf_counter()
    job.refresh_from_db()
    while job.state in WORKING:
        work.run_slice(job_id=job.pk)
        job.refresh_from_db()
    return rows / (time.perf_counter() - started)


def _bare(rows: int, organization_id: UUID) -> float:
    """Parse, seal and COPY `rows` people into the same table; return rows per second."""
    from django.db import connection, transaction
    from django.utils import timezone

    text = io.StringIO("".join(piece.decode() for piece in _pieces(rows)))
    now = timezone.now()
    seal_row, columns = _bare_sealer(organization_id)
    names = ", ".join(f'"{name}"' for name in ("id", "organization_id", "reference", "created_at", *columns))
    started = time.perf_counter()
    reader = csv.reader(text)
    next(reader)
    with transaction.atomic(), connection.cursor() as cursor:
        statement = f"COPY records_personrecord ({names}) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(statement) as copy:
            copy.set_types(["uuid", "uuid", "varchar", "timestamptz", *["bytea"] * len(columns)])
            for cells in reader:
                record_id = uuid4()
                copy.write_row((record_id, organization_id, cells[0], now, *seal_row(record_id, cells[1:])))
    return rows / (time.perf_counter() - started)


def _bare_sealer(organization_id: UUID) -> tuple[Any, list[str]]:
    """Return the shortest way from eight texts to eight envelopes and ten digests, with the names of the columns."""
    from ascend.envelope.blind_index import IndexKey
    from ascend.envelope.cipher import FieldCipher
    from ascend.envelope.context import FieldContext, row_part
    from ascend.envelope.keys import SecretKey
    from ascend.envelope.message import header
    from ascend.envelope.suites import Suite
    from records.models import PersonRecord
    from records.person_fields import PROTECTED_NAMES

    fields: list[Any] = [PersonRecord._meta.get_field(name) for name in PROTECTED_NAMES]
    ciphers = [
        FieldCipher(
            SecretKey.generate(),
            header(Suite.AES_256_GCM, secrets.token_bytes(8)),
            FieldContext(organization_id, field.scheme.context),
        ).seal
        for field in fields
    ]
    root = SecretKey.generate()
    digests = [
        (
            position,
            index.transform.function,
            IndexKey.derive(
                root,
                organization_id=organization_id,
                label=field.scheme.context,
                transform=index.name,
                bits=index.bits,
                generation=1,
            ).digest,
        )
        for position, field in enumerate(fields)
        for index in field.scheme.indexes
    ]
    columns = [*PROTECTED_NAMES]
    columns += [index.column_name(field.name, "a") for field in fields for index in field.scheme.indexes]

    def seal_row(record_id: UUID, cells: list[str]) -> list[bytes]:
        row = row_part(record_id)
        sealed = [seal(cell.encode(), row) for seal, cell in zip(ciphers, cells, strict=True)]
        return sealed + [digest(normal(cells[position])) for position, normal, digest in digests]

    return seal_row, columns


def _pieces(rows: int) -> Iterator[bytes]:
    """Yield a CSV of `rows` invented people in pieces of a thousand."""
    yield HEADER.encode()
    for start in range(0, rows, 1000):
        yield "".join(_line(number) for number in range(start, min(start + 1000, rows))).encode()


def _line(number: int) -> str:
    born = date(1940 + number % 65, number % 12 + 1, number % 28 + 1)
    return (
        f"C-{number:09},Person Number{number},person{number}@mail{number % 500}.example,+1 555 {number:07},"
        f"{900 + number % 99}-{number % 97 + 1:02}-{number % 10_000:04},{born},DE{number:020},"
        f'"{number} Example Street, Sampletown, {number % 99_999:05}","Invented for a benchmark, row {number}."\n'
    )


def _empty_table() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE records_personrecord")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE_KIB


def _table(result: Result) -> str:
    return "\n".join(
        (
            f"rows                                {result.rows:>10,}",
            f"bare parse-seal-COPY loop           {result.bare_rows_per_second:>10,.0f} rows/s",
            f"dry run                             {result.dry_run_rows_per_second:>10,.0f} rows/s",
            f"import                              {result.import_rows_per_second:>10,.0f} rows/s",
            f"import / bare                       {result.ratio:>10.2f} (at least 0.5)",
            f"peak memory after 10,000 rows       {result.peak_mib_at_10k:>10.1f} MiB",
            f"peak memory after {result.rows:>9,} rows    {result.peak_mib_at_end:>10.1f} MiB",
        )
    )


if __name__ == "__main__":
    main()
