"""What this process knows of each organization. Empty at start and in every forked child."""

import os
import threading
from collections import Counter
from uuid import UUID

from ascend.keychain import clock
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.leases import TenantLease, Use


class Tenancy:
    """One organization in this process: its lease, and what it was last refused.

    `generation` grows with every loss of a lease, so that a call which began before a
    revocation cannot install what it brought. `taking` is held across a provider's call and `making`
    while a key is made, `lock` never: the ticker must not wait for one slow organization.
    """

    __slots__ = ("generation", "is_refreshing", "lease", "lock", "making", "organization_id", "past", "published",
                 "refusal", "refusals", "refuse_until", "retry_at", "taking", "unwraps")  # fmt: skip

    def __init__(self, organization_id: UUID) -> None:
        self.organization_id = organization_id
        self.taking = threading.Lock()
        self.making = threading.Lock()
        self.lock = threading.Lock()
        self.lease: TenantLease | None = None
        self.generation = 0
        self.is_refreshing = False
        self.retry_at = 0.0
        self.refusal: KeyUnavailable | None = None
        self.refuse_until = 0.0
        self.unwraps = 0
        self.past: Counter[Use] = Counter()
        self.published: Counter[Use] = Counter()
        self.refusals = 0

    def valid_lease(self) -> TenantLease | None:
        """Return the lease if its keys may be used now."""
        lease = self.lease
        return lease if lease is not None and lease.is_valid else None

    def install(self, lease: TenantLease, *, generation: int) -> bool:
        """Put a new lease in force and end the old one, unless a loss came in between."""
        with self.lock:
            if self.generation != generation or not lease.is_valid:
                return False
            old, self.lease = self.lease, lease
            self.refusal = None
        self._end(old)
        lease.hits_when_taken = self.past.total()
        return True

    def drop(self, only: TenantLease | None = None) -> None:
        """Take the lease away, also from calls that are on their way; nothing if `only` is not it any more."""
        with self.lock:
            if only is not None and only is not self.lease:
                return
            self.generation += 1
            old, self.lease = self.lease, None
        self._end(old)

    def refuse(self, refusal: KeyUnavailable, *, for_seconds: float) -> None:
        """Remember a refusal for a moment, so that a crowd of callers does not repeat the call."""
        self.refusal, self.refuse_until = refusal, clock.boot_seconds() + for_seconds

    def raise_remembered(self) -> None:
        """Raise what was refused a moment ago, as a new object."""
        refusal = self.refusal
        if refusal is not None and clock.boot_seconds() < self.refuse_until:
            self.refusals += 1
            raise type(refusal)(*refusal.args)

    def hits(self) -> int:
        """Return how many values and keys were served without a provider call."""
        return self.by_use().total()

    def by_use(self) -> Counter[Use]:
        """Return the same, by what the keys were used for."""
        lease = self.lease
        return self.past + (lease.by_use() if lease is not None else Counter())

    def newly_used(self) -> Counter[Use]:
        """Return what came since this was last asked; for the one thread that publishes."""
        before, self.published = self.published, self.by_use()
        return self.published - before

    def _end(self, lease: TenantLease | None) -> None:
        if lease is not None:
            lease.take_away()
            self.past.update(lease.by_use())


_tenancies: dict[UUID, Tenancy] = {}


def tenancy(organization_id: UUID) -> Tenancy:
    """Return this process's tenancy of the organization; two threads get the same one."""
    found = _tenancies.get(organization_id)
    return found if found is not None else _tenancies.setdefault(organization_id, Tenancy(organization_id))


def tenancies() -> list[Tenancy]:
    """Return all tenancies of this process."""
    return list(_tenancies.values())


def lose(organization_id: UUID) -> None:
    """Take the organization's lease away and let its callers ask anew: something about its keys changed."""
    held = _tenancies.get(organization_id)
    if held is not None:
        held.drop()
        held.refuse_until = 0.0


def drop_all() -> None:
    """Take every lease away."""
    for held in tenancies():
        held.drop()


def forget() -> None:
    """Take every lease away and forget that there were any."""
    drop_all()
    _tenancies.clear()


def _forget_in_child() -> None:
    # The locks may have been held by threads that do not exist here: new objects, not old ones ended.
    held = tenancies()
    _tenancies.clear()
    for one in held:
        if one.lease is not None:
            one.lease.abandon()


os.register_at_fork(after_in_child=_forget_in_child)
