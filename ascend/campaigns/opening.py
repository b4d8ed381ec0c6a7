"""Every value of a column, opened: what `--verify` does once all have moved."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ascend.campaigns.protecting import opened
from ascend.campaigns.target import LARGE, Target
from ascend.envelope import DecryptionFailed
from ascend.scope import organization_scope


@dataclass
class Found:
    """How many envelopes opened, and the keys of the rows whose envelope did not."""

    opened: int = 0
    damaged: list[str] = field(default_factory=list)


def open_all(target: Target, *, report: Callable[[int], None] = lambda _count: None) -> Found:
    """Open every envelope of the column in its organization's scope, a range of keys at a time.

    Raises:
        KeyUnavailable: an organization's keys may not be used now.
    """
    found, after = Found(), None
    while rows := _next(target, after):
        for row in rows:
            _open(target, row, found)
        after = target.key_as_text(rows[-1][0])
        report(found.opened)
    return found


def _open(target: Target, row: Any, found: Found) -> None:
    instance = target.instance(row[:-1])
    try:
        with organization_scope(target.organization_of(instance)):
            opened(target.field, instance, bytes(row[-1]), target.connection)
            found.opened += 1
    except DecryptionFailed:
        found.damaged.append(str(instance.pk))


def _next(target: Target, after: str | None) -> list[Any]:
    behind = f"AND {target.key_column} > %s " if after is not None else ""
    params = [target.key_parameter(after)] if after is not None else []
    with target.connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {target.attribute_columns}, {target.column} FROM {target.table} "  # noqa: S608 (names of the model's own)
            f"WHERE {target.column} IS NOT NULL {behind}ORDER BY {target.key_column} LIMIT {LARGE}",
            params,
        )
        return list(cursor.fetchall())
