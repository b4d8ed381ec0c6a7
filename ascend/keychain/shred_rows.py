"""The record of one crypto-shredding: its seal, and the dates that follow from it.

T1: no process reads the values any more. T2: no backup of the key database holds the key. T3: no backup of the data
holds the index values.
"""

import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from django.utils.translation import gettext as _

from ascend import conf
from ascend.envelope.context import length_prefixed
from ascend.keychain.errors import KeyTampered, NotYetCompleted
from ascend.keychain.subject_models import Shred, ShreddedKey

DOMAIN = b"ascend/shred/v1"


class TableReport(TypedDict):
    """What a shredding found in one table: names of columns and a count, never a value."""

    model: str
    table: str
    rows: int
    unreadable: list[str]
    cleared: list[str]
    kept: list[str]


def unreadable_since(record: Shred) -> datetime:
    """Return T1: the erasure, and the longest time for which a process could still hold the key."""
    if record.erased_at is None:
        raise NotYetCompleted(f"The key of the shredding {record.id} is not erased yet.")
    return record.erased_at + timedelta(seconds=record.lease_seconds)


def unreadable_in_backups_since(record: Shred) -> datetime:
    """Return T2: when the last backup of the key database that holds the key has expired."""
    return unreadable_since(record) + timedelta(days=record.key_retention_days)


def index_residue_until(record: Shred) -> datetime:
    """Return T3: when the last backup of the data that holds index values of the person has expired."""
    if record.completed_at is None:
        raise NotYetCompleted(f"The shredding {record.id} is not completed yet.")
    cleared = max(unreadable_since(record), record.completed_at)
    return cleared + timedelta(days=record.data_retention_days)


def seal_of(record: Shred) -> bytes:
    """Return the seal that the row must carry: HMAC-SHA-256 under the registry key over all columns but `seal`."""
    parts = (
        *(value.bytes for value in (record.id, record.organization_id, record.subject_id)),
        *(text.encode() for text in (record.environment, record.step, record.approved_by, record.reason)),
        *(
            number.to_bytes(8, "big")
            for number in (record.lease_seconds, record.key_retention_days, record.data_retention_days)
        ),
        *(
            b"" if moment is None else moment.isoformat().encode()
            for moment in _in_utc(record.requested_at, record.erased_at, record.completed_at)
        ),
        canonical_json(record.fences),
        canonical_json(record.tables),
    )
    return hmac.digest(conf.registry_key(), length_prefixed(DOMAIN, *parts), "sha256")


def reseal(record: Shred) -> None:
    """Seal a changed record and save it."""
    record.seal = seal_of(record)
    record.save()


def check(record: Shred) -> None:
    """Return if the record bears its seal.

    Raises:
        KeyTampered: it does not.
    """
    if not hmac.compare_digest(bytes(record.seal), seal_of(record)):
        reason = _("The record of the shredding %(id)s is not as this portal wrote it.") % {"id": record.id}
        fix = _("Check ASCEND_REGISTRY_KEY; if it is right, find out who can write to the database.")
        raise KeyTampered(record.organization_id, reason, fix)


def keys_of(record: Shred) -> list[ShreddedKey]:
    """Return the keys that the shredding ended, in a fixed order."""
    return list(record.keys.order_by("key_id"))


def canonical_json(value: object) -> bytes:
    """Return the one JSON text of a value: names sorted, no white space, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _in_utc(*moments: datetime | None) -> Iterable[datetime | None]:
    return (None if moment is None else moment.astimezone(UTC) for moment in moments)
