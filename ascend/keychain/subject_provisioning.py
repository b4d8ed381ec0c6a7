"""Make keys for persons who have none: one read, and one insert for many of them, committed before any row is.

Spec: docs/spec/keychain.md §12. A key without a row is harmless; a row whose key was lost is lost. So keys are made
first, on a connection of their own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ascend import conf
from ascend.envelope.keys import SecretKey
from ascend.keychain import snapshot, subject_branch, subject_database, subject_rows
from ascend.keychain.database import CommitWatch
from ascend.keychain.errors import KeyUnavailable, Shredded
from ascend.keychain.leases import TenantLease
from ascend.keychain.models import Key
from ascend.keychain.states import State
from ascend.keychain.subject_models import Shred, ShreddedKey, SubjectKey

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Provided:
    """The primary keys of some persons, the lease they may be opened under, and what tells a rollback above them."""

    lease: TenantLease
    rows: list[SubjectKey]
    made: dict[UUID, SecretKey]
    watch: CommitWatch | None


def find_or_make(organization_id: UUID, subject_ids: Collection[UUID], *, is_renewal: bool = False) -> Provided:
    """Return the primary key of each person; who has none gets one.

    Raises:
        Shredded: the key of one of them was destroyed, and this is not the renewal that somebody asked for.
        KeyUnavailable: there is no lease, or no key could be made.
    """
    lease, service, watch = subject_branch.service_key(organization_id)
    snapshot.require_wrappable(lease.snapshot, service)
    for _attempt in range(ATTEMPTS):
        try:
            rows, made = subject_database.apart(
                partial(_find_or_make, lease, service, subject_ids, is_renewal=is_renewal)
            )
        except IntegrityError:
            continue  # another process made a key of the same person at this moment: find it
        return Provided(lease, rows, made, watch)
    raise KeyUnavailable(organization_id, _("Another process makes the same keys."), _("Try again."), 1)


def of_subjects(organization_id: UUID, subject_ids: Collection[UUID]) -> QuerySet[SubjectKey]:
    """Return every key that the organization's persons ever had, tombstones too."""
    rows = SubjectKey.objects.using(subject_database.alias()).filter(organization_id=organization_id)
    return rows.filter(environment=conf.environment(), subject_id__in=subject_ids)


def destroy(row: SubjectKey, at: datetime) -> None:
    """Make a tombstone of a row. Call it in a transaction of the key database."""
    row.state, row.primary, row.wrapped, row.destroyed_at = State.DESTROYED, False, None, at
    subject_rows.reseal(row)
    row.save(using=subject_database.alias())


def _find_or_make(
    lease: TenantLease, service: Key, subject_ids: Collection[UUID], *, is_renewal: bool
) -> tuple[list[SubjectKey], dict[UUID, SecretKey]]:
    existing = list(of_subjects(lease.organization_id, subject_ids))
    subject_rows.check(existing)
    ended = _ended(lease.organization_id, subject_ids, existing)
    standing = {row.subject_id: row for row in existing if row.primary and row.id not in ended.keys}
    replaced = [row for row in standing.values() if subject_branch.service_key_by_id(lease, row.parent_id) is None]
    missing = [one for one in subject_ids if one not in standing] + [row.subject_id for row in replaced]
    for subject_id in missing:
        if subject_id in ended.subjects and not is_renewal:
            raise Shredded(lease.organization_id, subject_id, ended.subjects[subject_id])
    revived = [row for row in existing if row.state == State.ACTIVE and row.id in ended.keys]
    rows, made = _insert(lease, service, missing, replaced, revived)
    return [row for row in standing.values() if row not in replaced] + rows, made


@dataclass(frozen=True, slots=True)
class _Ended:
    subjects: dict[UUID, datetime]
    keys: set[UUID]


def _ended(organization_id: UUID, subject_ids: Collection[UUID], existing: list[SubjectKey]) -> _Ended:
    """Return whose keys were destroyed, as either database says; and which keys, as the main one remembers."""
    shreds = Shred.objects.filter(organization_id=organization_id, environment=conf.environment())
    subjects = dict(shreds.filter(subject_id__in=subject_ids).values_list("subject_id", "requested_at"))
    subjects |= {row.subject_id: row.destroyed_at for row in existing if row.destroyed_at is not None}
    keys = (
        ShreddedKey.objects.filter(key_id__in=[row.id for row in existing]) if subjects else ShreddedKey.objects.none()
    )
    return _Ended(subjects, set(keys.values_list("key_id", flat=True)))


def _insert(
    lease: TenantLease, service: Key, missing: list[UUID], replaced: list[SubjectKey], revived: list[SubjectKey]
) -> tuple[list[SubjectKey], dict[UUID, SecretKey]]:
    if not missing:
        return [], {}
    now = timezone.now()
    rows = [subject_rows.draft(lease.organization_id, subject_id, service.id, now=now) for subject_id in missing]
    parent, made = lease.key_of(service), {row.id: SecretKey.generate() for row in rows}
    for row in rows:
        subject_rows.wrap(parent, made[row.id], row)
    with transaction.atomic(using=subject_database.alias()):
        for row in revived:  # a restored backup brought it back
            destroy(row, now)
        for row in replaced:
            _demote(row)
        SubjectKey.objects.using(subject_database.alias()).bulk_create(rows)
    return rows, made


def _demote(row: SubjectKey) -> None:
    # Its service key was rolled back with the caller's transaction (SQLite), so no committed value is under it.
    row.primary = False
    subject_rows.reseal(row)
    row.save(using=subject_database.alias())
