"""The keys of persons that this process holds open: at most 10,000, the longest unused go first (KC-64).

None outlives the lease under which it was opened. What a lookup found destroyed stands here too, so that a page
of shredded rows does not ask the database for each of them.
"""

import os
import threading
from collections import OrderedDict
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ascend.envelope.cipher import FieldCipher, aead_for
from ascend.envelope.context import FieldContext
from ascend.envelope.keys import SecretKey
from ascend.envelope.message import header
from ascend.envelope.suites import Suite
from ascend.keychain.database import CommitWatch
from ascend.keychain.errors import Shredded
from ascend.keychain.leases import TenantLease, Use

LIMIT = 10_000


class HeldSubjectKey:
    """One person's key under a lease, with a cipher for each label; or the tombstone of one."""

    __slots__ = ("_aead", "_ciphers", "_key", "_watch", "destroyed_at", "header", "is_primary", "lease", "subject_id")

    def __init__(
        self, lease: TenantLease, short_id: bytes, subject_id: UUID, key: SecretKey | None, *,
        is_primary: bool = False, destroyed_at: datetime | None = None, watch: CommitWatch | None = None,
    ) -> None:  # fmt: skip
        self.lease = lease
        self.header = header(Suite.XAES_256_GCM, short_id)
        self.subject_id = subject_id
        self.is_primary = is_primary
        self.destroyed_at = destroyed_at
        self._key = key
        self._watch = watch
        self._aead = aead_for(Suite.XAES_256_GCM, key) if key is not None else None
        self._ciphers: dict[str, FieldCipher] = {}

    @property
    def is_usable(self) -> bool:
        """Whether its lease stands and the service key above it was not rolled back (SQLite)."""
        watch = self._watch
        if watch is not None and watch.is_committed:
            watch = self._watch = None
        is_void = watch is not None and (watch.is_rolled_back or watch.is_pending_elsewhere)
        return self.lease.is_valid and not is_void

    def cipher(self, label: str) -> FieldCipher:
        """Return what opens and seals the values of one label.

        Raises:
            Shredded: the key was destroyed.
        """
        found = self._ciphers.get(label)
        if found is not None:
            return found
        key = self._key
        if key is None:
            raise Shredded(self.lease.organization_id, self.subject_id, self.destroyed_at)
        made = FieldCipher(key, self.header, FieldContext(self.lease.organization_id, label), self._aead)
        return self._ciphers.setdefault(label, made)

    def __repr__(self) -> str:
        return f"<key of the person {self.subject_id}>"


class _Shelf:
    """A holder of a lease: when the lease ends, every key that was opened under it goes."""

    use: ClassVar[Use] = Use.OTHER

    def __init__(self, lease: TenantLease) -> None:
        self._lease = lease

    def close(self) -> None:
        _drop_of(self._lease)

    def uses(self) -> int:
        return 0  # counted by the lease itself


_lock = threading.Lock()
_by_header: OrderedDict[bytes, HeldSubjectKey] = OrderedDict()
_primaries: dict[tuple[UUID, UUID], HeldSubjectKey] = {}
_shelves: dict[UUID, TenantLease] = {}


def find(envelope_header: bytes) -> HeldSubjectKey | None:
    """Return the key that a header names, if it is held and may be used."""
    held = _by_header.get(envelope_header)
    if held is None or not held.is_usable:
        return None
    try:
        _by_header.move_to_end(envelope_header)
    except KeyError:
        return None  # another thread's lease ended just now
    return held


def primary_of(organization_id: UUID, subject_id: UUID) -> HeldSubjectKey | None:
    """Return the key that new values of a person are sealed under, if it is held and may be used."""
    held = _primaries.get((organization_id, subject_id))
    return None if held is None else find(held.header)


def put(held: HeldSubjectKey) -> None:
    """Hold a key, and let go of the longest unused ones if there are too many."""
    lease, is_new = held.lease, False
    with _lock:
        if _shelves.get(lease.organization_id) is not lease:
            _shelves[lease.organization_id], is_new = lease, True
        _by_header[held.header] = held
        _by_header.move_to_end(held.header)
        if held.is_primary:
            _primaries[lease.organization_id, held.subject_id] = held
        while len(_by_header) > LIMIT:
            _forget(_by_header.popitem(last=False)[1])
    if is_new:
        lease.add_holder(_Shelf(lease))


def size() -> int:
    """Return how many keys are held."""
    return len(_by_header)


def forget() -> None:
    """Let go of all: in a forked child, and for tests."""
    global _lock  # noqa: PLW0603  (a fork may have left it held)
    _lock = threading.Lock()
    _by_header.clear()
    _primaries.clear()
    _shelves.clear()


def _drop_of(lease: TenantLease) -> None:
    with _lock:
        for held in [held for held in _by_header.values() if held.lease is lease]:
            del _by_header[held.header]
            _forget(held)
        if _shelves.get(lease.organization_id) is lease:
            del _shelves[lease.organization_id]


def _forget(held: HeldSubjectKey) -> None:
    name = (held.lease.organization_id, held.subject_id)
    if _primaries.get(name) is held:
        del _primaries[name]


os.register_at_fork(after_in_child=forget)
