"""The keys of blind indexes as a caller holds them: each hash looks at the scope and at the lease first (KC-33)."""

from collections.abc import Callable, Iterable
from typing import Protocol
from uuid import UUID

from ascend.envelope.blind_index import IndexKey
from ascend.keychain.database import CommitWatch
from ascend.keychain.held_keys import HeldKey, in_force
from ascend.keychain.leases import TenantLease

# Organization, label or join group, transform, bits, generation.
IndexName = tuple[UUID, str, str, int, int]


class Source(Protocol):
    """Where digesters come from, and where a new one is had when a lease has ended."""

    def renewed_digester(self, digester: "Digester") -> "Digester": ...
    def forget_digester(self, digester: "Digester") -> None: ...


class Digester(HeldKey):
    """Hashes values for one index, for as long as the lease stands."""

    __slots__ = ("_digest", "_source", "name")

    def __init__(
        self, source: Source, lease: TenantLease, name: IndexName, key: IndexKey, watch: CommitWatch | None
    ) -> None:
        super().__init__(lease, watch)
        self.name = name
        self._source = source
        self._digest: Callable[[str], bytes] = key.digest

    def digest(self, value: str) -> bytes:
        """Return the hash of a value that the transform has normalised.

        Raises:
            WrongOrganization: another organization is in force.
            KeyUnavailable: there is no lease to be had.
        """
        if in_force() is not self._seen:
            self._require_scope()
        if self._now() >= self._lease.ends_at or (self._watch is not None and self._is_void()):
            return self._source.renewed_digester(self).digest(value)
        next(self._hits)
        return self._digest(value)

    def digests(self, terms: Iterable[str]) -> tuple[bytes, ...]:
        """Return the hashes of a set of terms: distinct, in the order of their bytes (IDX-10).

        Raises:
            WrongOrganization: another organization is in force.
            KeyUnavailable: there is no lease to be had.
        """
        if in_force() is not self._seen:
            self._require_scope()
        if self._now() >= self._lease.ends_at or (self._watch is not None and self._is_void()):
            return self._source.renewed_digester(self).digests(terms)
        next(self._hits)
        digest = self._digest
        return tuple(sorted({digest(term) for term in terms}))

    def close(self) -> None:
        """Let go of the key."""
        self._source.forget_digester(self)
        self._digest = self._digest_anew

    def _digest_anew(self, value: str) -> bytes:
        # The lease ended between the look at the clock and the hash.
        return self._source.renewed_digester(self).digest(value)
