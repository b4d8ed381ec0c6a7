"""Tables that a test makes while it is in a transaction of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def editor_of(connection: Any) -> Iterator[Any]:
    """Give the schema editor. MariaDB ends the transaction with each table: what a test made there it must drop."""
    inside = connection.in_atomic_block
    connection.in_atomic_block = inside and connection.features.can_rollback_ddl
    try:
        with connection.schema_editor(atomic=False) as editor:
            yield editor
    finally:
        connection.in_atomic_block = inside


def drop_left_over(connection: Any, table: str) -> None:
    """Drop the table where no transaction will."""
    if not connection.features.can_rollback_ddl:
        connection.cursor().execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)}")
