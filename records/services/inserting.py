"""Many new person records at once: sealed here, and handed to PostgreSQL as one COPY.

`bulk_create` was measured first: it reached 0.21 of a bare loop, this reaches 0.5 and more
(benchmarks/RESULTS.md, ADR 0052).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID, uuid4

from django.db import IntegrityError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ascend.keychain import database as key_database
from records.csvfile.validation import Values
from records.models import PersonRecord
from records.services import copy_rows, sealing

_PLAIN_COLUMNS = ("id", "organization_id", "reference", "created_at")
_TABLE = "records_personrecord"
_EXISTING = f"SELECT reference FROM {_TABLE} WHERE organization_id = %s AND reference = ANY(%s)"  # noqa: S608
_ATTEMPTS = 3
_PIECE_ROWS = 50


def insert_people(people: Sequence[Values], *, organization_id: UUID, now: datetime, all_new: bool = False) -> int:
    """Seal and insert `people`, whose references differ, and return how many were new.

    A reference that exists already is left as it is; with `all_new` none is expected, and the table is asked only
    after it refused. Call it in a transaction.

    Raises:
        KeyUnavailable: nothing was written.
        IntegrityError: others insert the same references again and again.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        new = people if all_new and attempt == 1 else _without_existing(people, organization_id)
        try:
            with transaction.atomic():
                _copy(new, organization_id, now)
        except IntegrityError:
            # Somebody stored one of these references after we looked: look again.
            if attempt == _ATTEMPTS:
                raise
        else:
            return len(new)
    raise AssertionError("unreachable")


def _without_existing(people: Sequence[Values], organization_id: UUID) -> list[Values]:
    references = [person["reference"] for person in people]
    with _connection().cursor() as cursor:
        # One array instead of a thousand parameters, which the planner would read one by one.
        cursor.execute(_EXISTING, [organization_id, references])
        existing = {reference for (reference,) in cursor.fetchall()}
    return [person for person in people if person["reference"] not in existing]


def _copy(people: Sequence[Values], organization_id: UUID, now: datetime) -> None:
    """Write `people` with COPY. One microsecond apart, so that lists keep the order of the file."""
    sealer = sealing.RowSealer(organization_id, rows=len(people))
    pieces = _pieces(_rows(people, sealer, organization_id, now))
    connection = _connection()
    names = ", ".join(map(connection.ops.quote_name, [*_PLAIN_COLUMNS, *sealing.column_names()]))
    statement = f"COPY {_TABLE} ({names}) FROM STDIN (FORMAT BINARY)"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(copy_rows.START)
        for piece in pieces:
            copy.write(piece)
        copy.write(copy_rows.END)


def _pieces(rows: Iterator[bytes]) -> Iterable[bytes]:
    """Return the rows in pieces, sealed as they are asked for: PostgreSQL stores one while the next is sealed."""
    if key_database.is_inline():
        # Keys and usage share this connection (a test's transaction): all of it before the COPY takes it.
        return [b"".join(rows)]
    return iter(lambda: b"".join(islice(rows, _PIECE_ROWS)), b"")


def _rows(people: Sequence[Values], sealer: sealing.RowSealer, organization_id: UUID, now: datetime) -> Iterator[bytes]:
    for place, person in enumerate(people):
        record_id, created_at = uuid4(), now + timedelta(microseconds=place)
        reference = str(person["reference"]).encode()
        plain = [record_id.bytes, organization_id.bytes, reference, copy_rows.timestamp(created_at)]
        yield copy_rows.row([*plain, *sealer.prepare(record_id, person)])


def _connection() -> BaseDatabaseWrapper:
    return connections[router.db_for_write(PersonRecord)]
