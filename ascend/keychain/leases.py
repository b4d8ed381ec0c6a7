"""What a process holds for one organization while it may: the unwrapped keys, and until when.

Spec: docs/spec/keychain.md §8. A lease ends by its clock whatever else happens. `ends_at` is the one
thing that the path of a value looks at; all that is here else belongs to the slow path, under
the tenancy's lock.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from itertools import count
from typing import ClassVar, Protocol, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SecretKey, SivKey
from ascend.keychain import clock, wrapping
from ascend.keychain.errors import KeyDamaged, KeyUnavailable
from ascend.keychain.models import Key
from ascend.keychain.snapshot import Snapshot
from ascend.keychain.states import Level

REFRESH_AT = 2 / 3
OVER = 0.0

_Unwrapped = TypeVar("_Unwrapped", SecretKey, SivKey)


class Use(Enum):
    """What a key is used for, as far as it is told apart: searching is neither writing nor reading."""

    WRITE = "write"
    READ = "read"
    OTHER = "other"


class Holder(Protocol):
    """An object that uses a key of the lease: an opener, a sealer or a digester."""

    use: ClassVar[Use]

    def close(self) -> None:
        """Let go of the key and leave the dictionary that it is found in."""

    def uses(self) -> int:
        """Return how many values went through it."""


def counted(counter: "count[int]") -> int:
    """Return where a counter stands, without moving it."""
    return int(repr(counter)[len("count(") : -1])


class TenantLease:
    """The tenant keys of one organization, unwrapped, and everything unwrapped under them."""

    __slots__ = (
        "_lock",
        "_past",
        "_service_keys",
        "_tenant_keys",
        "ends_at",
        "epoch",
        "hits",
        "hits_when_taken",
        "holders",
        "organization_id",
        "reads",
        "seconds",
        "snapshot",
        "taken_at",
        "writes",
    )  # fmt: skip

    def __init__(
        self, snapshot: Snapshot, tenant_keys: Mapping[UUID, SecretKey], *, epoch: int, taken_at: float, seconds: int
    ) -> None:
        self.organization_id = snapshot.organization_id
        self.snapshot = snapshot
        self.epoch = epoch
        self.seconds = seconds
        self.taken_at = taken_at
        self.ends_at = taken_at + seconds
        self.holders: set[Holder] = set()
        self.hits = count()
        self.writes, self.reads = count(), count()  # of keys that are handed out, and of persons' keys
        self.hits_when_taken = 0
        self._tenant_keys = dict(tenant_keys)
        self._service_keys: dict[UUID, SecretKey] = {}
        self._past: Counter[Use] = Counter()
        self._lock = threading.Lock()

    @property
    def is_valid(self) -> bool:
        """Whether its keys may be used now."""
        return clock.boot_seconds() < self.ends_at

    @property
    def refresh_at(self) -> float:
        """The moment, on the boot clock, at which to begin the refresh."""
        return self.taken_at + self.seconds * REFRESH_AT

    def extend(self, taken_at: float) -> bool:
        """Move the end, unless the lease is over: what ended is never brought back."""
        with self._lock:
            if not self.is_valid:
                return False
            self.taken_at, self.ends_at = taken_at, taken_at + self.seconds
            return True

    def take_away(self) -> None:
        """End the lease now and let go of every key."""
        with self._lock:
            self.ends_at = OVER
            holders, self.holders = self.holders, set()
            self._count_out(holders)
            self._tenant_keys.clear()
            self._service_keys.clear()
        for holder in holders:
            holder.close()

    def abandon(self) -> None:
        """End the lease in a forked child, where the lock may stand as another thread left it."""
        self._lock = threading.Lock()
        self.take_away()

    def add_holder(self, holder: Holder) -> None:
        """Remember who must let go when the lease ends; one that comes too late lets go at once."""
        with self._lock:
            if self.ends_at != OVER:
                self.holders.add(holder)
                return
        holder.close()

    def drop_holder(self, holder: Holder) -> None:
        """Make one holder let go of its key."""
        with self._lock:
            if holder in self.holders:
                self.holders.discard(holder)
                self._count_out([holder])
        holder.close()

    def uses(self) -> int:
        """Return how many values and keys this lease has served."""
        return self.by_use().total()

    def by_use(self) -> Counter[Use]:
        """Return how many values and keys this lease has served, by what they were used for."""
        with self._lock:
            found = self._past.copy()
            handed_out = {Use.WRITE: counted(self.writes), Use.READ: counted(self.reads), Use.OTHER: counted(self.hits)}
            found.update(handed_out)
            for holder in self.holders:
                found[holder.use] += holder.uses()
        return found

    def key_of(self, row: Key) -> SecretKey:
        """Return the unwrapped key of 256 bits of an L2, L3 or L4 row: one recursion.

        Raises:
            KeyDamaged: it does not open, or what is above it is not under this lease.
            KeyUnavailable: the lease ended meanwhile.
        """
        key = self._tenant_keys.get(row.id) or self._service_keys.get(row.id)
        if key is not None:
            return key
        key = self._unwrapped(row, wrapping.unwrap_under)
        if row.level == Level.SERVICE_KEY:
            self._service_keys[row.id] = key
        return key

    def siv_key_of(self, row: Key) -> SivKey:
        """Return the unwrapped key of an L4 row of suite 02; raises as `key_of` does."""
        return self._unwrapped(row, wrapping.unwrap_siv_under)

    def _count_out(self, holders: Iterable[Holder]) -> None:
        for holder in holders:
            self._past[holder.use] += holder.uses()

    def _unwrapped(self, row: Key, unwrap: Callable[[SecretKey, Key], _Unwrapped]) -> _Unwrapped:
        parent = self.snapshot.rows.get(row.parent_id) if row.parent_id else None
        if self.ends_at == OVER:
            raise ended(self.organization_id)
        if parent is None or row.level <= Level.TENANT_KEY:
            raise damaged(row)
        parent_key = self.key_of(parent)
        try:
            return unwrap(parent_key, row)
        except DecryptionFailed as error:
            raise damaged(row) from error


def ended(organization_id: UUID) -> KeyUnavailable:
    """Return the refusal for a lease that ended while it was being used."""
    return KeyUnavailable(organization_id, _("The lease of the key ended."), _("Try again."), 1)


def damaged(row: Key) -> KeyDamaged:
    """Return the refusal for a row that does not unwrap although it bears its seal."""
    reason = _("The wrapped key %(id)s does not open.") % {"id": row.id}
    fix = _("Restore its row from a backup, and check that this process has the deployment's own id.")
    return KeyDamaged(row.organization_id, reason, fix)
