"""What fields with `shred_with=` use: open and seal under the key of one person, loading and making keys in batches.

Spec: docs/spec/keychain.md §12. A person's key has suite 03: it seals few messages, and counting them would cost a
write for each person and process (ADR 0027).
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar
from uuid import UUID

from ascend import conf, scope
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SecretKey
from ascend.envelope.message import HEADER_BYTES
from ascend.keychain import (
    acquisition,
    snapshot,
    subject_branch,
    subject_database,
    subject_provisioning,
    subject_rows,
    subject_shelf,
)
from ascend.keychain.database import CommitWatch
from ascend.keychain.errors import KeyDamaged
from ascend.keychain.leases import TenantLease, ended
from ascend.keychain.short_ids import is_subject_header
from ascend.keychain.subject_models import ShreddedKey, SubjectKey
from ascend.keychain.subject_shelf import HeldSubjectKey

Item = TypeVar("Item")

BATCH = 1_000

__all__ = ["is_held", "is_subject_header", "load", "open_value", "prepare", "seal_value", "seals_for"]


def open_value(label: str, envelope: bytes, row: bytes = b"") -> bytes:
    """Return the plaintext of an envelope that was sealed under a person's key.

    Raises:
        Shredded: the person's key was destroyed.
        DecryptionFailed: anything is wrong with it, or another organization is in force.
        KeyUnavailable: there is no lease to be had.
    """
    held = _held(envelope[:HEADER_BYTES])
    if held.lease.organization_id != scope.current_organization():
        raise DecryptionFailed
    next(held.lease.reads)
    return held.cipher(label).open(envelope, row)


def seal_value(label: str, organization_id: UUID, subject_id: UUID, plaintext: bytes, row: bytes = b"") -> bytes:
    """Return a new envelope under the person's key, which is made if the person never had one.

    Raises:
        Shredded: the person's key was destroyed, and nobody asked for a new one (`shredding.renew`).
        WrongOrganization: another organization is in force.
        KeyUnavailable: there is no lease to be had.
    """
    if scope.current_organization() != organization_id:
        raise scope.WrongOrganization("Another organization is in force than the one that this value is of.")
    held = subject_shelf.primary_of(organization_id, subject_id)
    if held is None:
        prepare(organization_id, [subject_id])
        held = subject_shelf.primary_of(organization_id, subject_id)
    if held is None:
        raise ended(organization_id)
    next(held.lease.writes)
    return held.cipher(label).seal(plaintext, row)


def seals_for(envelope: bytes, subject_id: UUID) -> bool:
    """Return whether an envelope is under the key that the person's new values are sealed under."""
    header = envelope[:HEADER_BYTES]
    if not is_subject_header(header):
        return False
    held = _held(header)
    return held.is_primary and held.subject_id == subject_id


def prepare(organization_id: UUID, subject_ids: Iterable[UUID]) -> None:
    """Have a key for each person, in one read and one insert for up to 1,000 of them. Call it before rows are written.

    Raises:
        Shredded: the key of one of them was destroyed.
        KeyUnavailable: there is no lease to be had.
    """
    wanted = [one for one in dict.fromkeys(subject_ids) if subject_shelf.primary_of(organization_id, one) is None]
    for batch in _batches(wanted):
        provided = subject_provisioning.find_or_make(organization_id, batch)
        opening = _Opening(provided.lease, watch=provided.watch)
        for row in provided.rows:
            opening.shelve(row, key=provided.made.get(row.id))


def load(headers: Iterable[bytes]) -> None:
    """Open the keys that envelopes name, in one read for up to 1,000 of them; what is not found is left out.

    Raises:
        KeyTampered: a row is not as this deployment wrote it.
        KeyUnavailable: there is no lease to be had.
    """
    missing = [one[1:] for one in set(headers) if is_subject_header(one) and subject_shelf.find(one) is None]
    for batch in _batches(missing):
        _load(scope.current_organization(), batch)


def is_held(envelope: bytes) -> bool:
    """Return whether the key that an envelope names is open, so that nothing has to be loaded for it."""
    return subject_shelf.find(envelope[:HEADER_BYTES]) is not None


def _held(header: bytes) -> HeldSubjectKey:
    held = subject_shelf.find(header)
    if held is not None:
        return held
    if not is_subject_header(header):
        raise DecryptionFailed
    organization_id = scope.current_organization()
    lease = _load(organization_id, [header[1:]])
    held = subject_shelf.find(header)
    if held is None:
        raise DecryptionFailed if lease.is_valid else ended(organization_id)
    return held


def _load(organization_id: UUID, ids: Collection[bytes]) -> TenantLease:
    lease = acquisition.lease_for(organization_id)  # before the rows are read: what changes after it ends the lease
    rows, shredded = subject_database.apart(partial(_read, organization_id, ids))
    subject_rows.check(rows)
    opening = _Opening(lease)
    for row in rows:
        try:
            opening.shelve(row, row.destroyed_at or shredded.get(row.id))
        except KeyDamaged:
            if len(ids) == 1:  # among many, one damaged key is told of when its own value is read
                raise
    return lease


def _read(organization_id: UUID, ids: Collection[bytes]) -> tuple[list[SubjectKey], dict[UUID, datetime]]:
    """Return the rows, and when which of them were shredded: a restored key database may not know of that any more."""
    rows = SubjectKey.objects.using(subject_database.alias()).filter(short_id__in=ids)
    found = list(rows.filter(organization_id=organization_id, environment=conf.environment()))
    shredded = ShreddedKey.objects.filter(short_id__in=ids).values_list("key_id", "shred__requested_at")
    return found, dict(shredded)


class _Opening:
    """Unwraps rows under one lease; the state of the service key above them is looked at once."""

    def __init__(self, lease: TenantLease, watch: CommitWatch | None = None) -> None:
        self._lease = lease
        self._watch = watch
        self._parents: dict[UUID, SecretKey] = {}

    def shelve(self, row: SubjectKey, destroyed_at: datetime | None = None, *, key: SecretKey | None = None) -> None:
        """Hold the key of a row, unwrapped unless it was just made, or what is left of it."""
        if destroyed_at is None and key is None:
            parent = self._parents.get(row.parent_id) or self._parent(row)
            if parent is None:
                return  # its service key was rolled back: no committed value is under it
            key = subject_rows.unwrap(parent, row)
        subject_shelf.put(
            HeldSubjectKey(
                self._lease,
                bytes(row.short_id),
                row.subject_id,
                key,
                is_primary=row.primary and key is not None,
                destroyed_at=destroyed_at,
                watch=self._watch,
            )
        )

    def _parent(self, row: SubjectKey) -> SecretKey | None:
        service = subject_branch.service_key_by_id(self._lease, row.parent_id)
        if service is None:
            return None
        snapshot.require_unwrappable(self._lease.snapshot, service)
        key = self._parents[row.parent_id] = self._lease.key_of(service)
        return key


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
