"""Many new person records at once: sealed here, and handed to PostgreSQL as one COPY.

`bulk_create` was measured first: it reached 0.21 of a bare loop, this reaches 0.5 and more
(benchmarks/RESULTS.md, ADR 0052).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, connections, router, transaction

from records.csvfile.validation import Values
from records.models import PersonRecord
from records.services import sealing

_PLAIN_COLUMNS = ("id", "organization_id", "reference", "created_at")
_PLAIN_TYPES = ("uuid", "uuid", "varchar", "timestamptz")
_ATTEMPTS = 3


def insert_people(people: Sequence[Values], *, organization_id: UUID, now: datetime) -> int:
    """Seal and insert `people`, whose references differ, and return how many were new.

    A reference that exists already is left as it is. Call it in a transaction.

    Raises:
        KeyUnavailable: nothing was written.
        IntegrityError: others insert the same references again and again.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        new = _without_existing(people, organization_id)
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
    references = [str(person["reference"]) for person in people]
    records = PersonRecord.objects.for_organization(organization_id).filter(reference__in=references)
    existing = set(records.values_list("reference", flat=True))
    return [person for person in people if person["reference"] not in existing]


def _copy(people: Sequence[Values], organization_id: UUID, now: datetime) -> None:
    """Write `people` with COPY. One microsecond apart, so that lists keep the order of the file."""
    # Sealed before the COPY begins: a key that is made or a block of nonces that is drawn may need the connection.
    rows = list(_rows(people, organization_id, now))
    names = [*_PLAIN_COLUMNS, *sealing.column_names()]
    connection = connections[router.db_for_write(PersonRecord)]
    quoted = ", ".join(map(connection.ops.quote_name, names))
    table = connection.ops.quote_name(PersonRecord._meta.db_table)  # noqa: SLF001 - Django's documented name of a table
    statement = f"COPY {table} ({quoted}) FROM STDIN (FORMAT BINARY)"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([*_PLAIN_TYPES, *["bytea"] * (len(names) - len(_PLAIN_TYPES))])
        for row in rows:
            copy.write_row(row)


def _rows(people: Sequence[Values], organization_id: UUID, now: datetime) -> Iterator[tuple[object, ...]]:
    sealer = sealing.RowSealer(organization_id)
    for place, person in enumerate(people):
        record_id, created_at = uuid4(), now + timedelta(microseconds=place)
        plain = (record_id, organization_id, person["reference"], created_at)
        yield (*plain, *sealer.prepare(record_id, person))
