"""The keys of blind indexes as a caller holds them: each hash looks at the scope and at the lease first (KC-33)."""

from collections.abc import Callable
from itertools import count
from typing import Never, Protocol
from uuid import UUID

from ascend import scope
from ascend.envelope.blind_index import IndexKey
from ascend.keychain import clock
from ascend.keychain.database import CommitWatch
from ascend.keychain.leases import TenantLease, counted

# Organization, label or join group, transform, bits, generation.
IndexName = tuple[UUID, str, str, int, int]

_in_force = scope._organization.get  # noqa: SLF001  (the bound method: a call less for every value)


class Source(Protocol):
    """Where digesters come from, and where a new one is had when a lease has ended."""

    def renewed_digester(self, digester: "Digester") -> "Digester": ...
    def forget_digester(self, digester: "Digester") -> None: ...


class Digester:
    """Hashes values for one index, for as long as the lease stands."""

    __slots__ = ("_digest", "_hits", "_lease", "_now", "_seen", "_source", "_watch", "name", "organization_id")

    def __init__(
        self, source: Source, lease: TenantLease, name: IndexName, key: IndexKey, watch: CommitWatch | None
    ) -> None:
        self.organization_id = lease.organization_id
        self.name = name
        self._source = source
        self._lease = lease
        self._watch = watch
        self._now = clock.boot_seconds
        self._seen: UUID | None = lease.organization_id
        self._hits = count()
        self._digest: Callable[[str], bytes] = key.digest

    def digest(self, value: str) -> bytes:
        """Return the hash of a value that the transform has normalised.

        Raises:
            WrongOrganization: another organization is in force.
            KeyUnavailable: there is no lease to be had.
        """
        if _in_force() is not self._seen:
            self._require_scope()
        if self._now() >= self._lease.ends_at or (self._watch is not None and self._is_void()):
            return self._source.renewed_digester(self).digest(value)
        next(self._hits)
        return self._digest(value)

    def uses(self) -> int:
        """Return how many values it hashed."""
        return counted(self._hits)

    def close(self) -> None:
        """Let go of the key."""
        self._source.forget_digester(self)
        self._digest = self._digest_anew

    def _digest_anew(self, value: str) -> bytes:
        # The lease ended between the look at the clock and the hash.
        return self._source.renewed_digester(self).digest(value)

    def _is_void(self) -> bool:
        """Whether the row of the index root was rolled back, or is in another thread's transaction (SQLite)."""
        watch = self._watch
        if watch is None or watch.is_committed:
            self._watch = None
            return False
        return watch.is_rolled_back or watch.is_pending_elsewhere

    def _require_scope(self) -> None:
        if scope.current_organization() != self.organization_id:
            raise scope.WrongOrganization("Another organization is in force than the one that this index is of.")
        self._seen = _in_force() or self._seen

    def __reduce__(self) -> Never:
        raise TypeError("this object holds a key: it is never pickled or copied")

    def __repr__(self) -> str:
        return f"<Digester of {self.organization_id}>"
