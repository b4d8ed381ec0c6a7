"""After a restore of either database: destroy again what the other one says was destroyed.

No key that was destroyed opens meanwhile, since a tombstone in either database is enough to refuse it.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ascend import conf
from ascend.keychain import database, shred_rows, shredding, subject_database, subject_rows
from ascend.keychain.states import State
from ascend.keychain.subject_models import Shred, ShreddedKey, SubjectKey

BY_RESTORE = "applied again after a restore"
BATCH = 1_000
Item = TypeVar("Item")


def reapply(*, now: datetime | None = None) -> list[Shred]:
    """Destroy again what came back with a backup, clear the index columns that did, and return the shreddings.

    Raises:
        KeyTampered: a row is not as this deployment wrote it.
    """
    moment = now or timezone.now()
    return [*_erase_what_came_back(moment), *_record_what_was_forgotten(moment)]


def _erase_what_came_back(now: datetime) -> list[Shred]:
    """The key database was restored: its backup still had keys that were destroyed since."""
    back: set[UUID] = set()
    for known in _batches(ShreddedKey.objects.values_list("key_id", "shred_id").iterator()):
        alive = _rows(State.ACTIVE).filter(id__in=[key_id for key_id, _ in known])
        found = set(alive.values_list("id", flat=True))
        back |= {shred_id for key_id, shred_id in known if key_id in found}
    records = list(Shred.objects.filter(id__in=back, environment=conf.environment()))
    for record in records:
        shredding.erase_keys(record, now)
    return records


def _record_what_was_forgotten(now: datetime) -> list[Shred]:
    """The main database was restored: the index columns are back, and it knows nothing of the shredding."""
    records = []
    for rows in _batches(_rows(State.DESTROYED).iterator()):
        known = set(ShreddedKey.objects.filter(key_id__in=[row.id for row in rows]).values_list("key_id", flat=True))
        records += [_recorded(row, now) for row in rows if row.id not in known]
    return [shredding.advance(record, now=now) for record in records]


def _recorded(row: SubjectKey, now: datetime) -> Shred:
    subject_rows.check([row])
    record = shredding.draft(row.organization_id, row.subject_id, approved_by=BY_RESTORE, reason="", now=now)
    record.id = uuid4()
    with transaction.atomic(using=database.alias(), durable=True):
        shred_rows.reseal(record)
        ShreddedKey.objects.create(key_id=row.id, short_id=bytes(row.short_id), shred=record)
    return record


def _rows(state: State) -> QuerySet[SubjectKey]:
    return SubjectKey.objects.using(subject_database.alias()).filter(state=state, environment=conf.environment())


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, BATCH)):
        yield batch
