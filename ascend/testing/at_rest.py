"""An assertion for the tests of a project: a value is in its column, sealed, and nowhere in the table in clear."""

from collections.abc import Iterator
from typing import Any

from django.db import connections, models, router

from ascend.envelope import Envelope, NotAnEnvelope
from ascend.fields.base import EncryptedField

SHORT_BYTES = 4
"""Fewer bytes than these may stand in an envelope by chance, and are looked for as whole cells only."""


def assert_encrypted_at_rest(model: type[models.Model], field: str, value: Any, *, using: str | None = None) -> None:
    """Assert that a row of `model` holds `value` in the encrypted `field`, and that the table shows it nowhere.

    Every cell of the field's table is read as the database has it, for all rows.

    Raises:
        AssertionError: the field is not encrypted, no row has the value, or the database holds plaintext. It never
            holds the value.
    """
    __tracebackhide__ = True
    source: Any = model._meta.get_field(field)
    if not isinstance(source, EncryptedField):
        raise AssertionError(f"{model._meta.label}.{field} is no encrypted field.")  # noqa: TRY004 (an assertion)
    database = using or router.db_for_read(model)
    needles = {str(value).encode(), source.octets_of(value)}
    for column, cell in _cells(source, database):
        if column == source.column and not _is_envelope(cell):
            raise AssertionError(f"{source.label}: the column holds something that is no envelope.")
        if any(_shows(cell, needle) for needle in needles):
            raise AssertionError(f'{source.label}: the column "{column}" shows the value in clear.')
    if not any(getattr(row, field) == value for row in model._base_manager.using(database).all()):  # noqa: SLF001
        raise AssertionError(f"{source.label}: no row of {database!r} holds the value.")


def _cells(field: Any, database: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every cell of the field's table that is not NULL."""
    connection = connections[database]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(field.model._meta.db_table)}")  # noqa: S608
        columns = [description[0] for description in cursor.description]
        for row in cursor.fetchall():
            yield from ((name, _octets(cell)) for name, cell in zip(columns, row, strict=True) if cell is not None)


def _octets(cell: Any) -> bytes:
    return bytes(cell) if isinstance(cell, bytes | bytearray | memoryview) else str(cell).encode()


def _shows(cell: bytes, needle: bytes) -> bool:
    return cell == needle if len(needle) < SHORT_BYTES else needle in cell


def _is_envelope(cell: bytes) -> bool:
    try:
        Envelope.parse(cell)
    except NotAnEnvelope:
        return False
    return True
