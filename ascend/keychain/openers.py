"""The path of a value: one look at the clock, one at the scope, one count, one cipher.

Spec: docs/spec/keychain.md §8. Nothing here takes a lock, asks a database or calls a provider as long as
the lease stands (KC-36). What differs from that is in the methods that begin with an underscore.
"""

from collections.abc import Callable
from itertools import count
from typing import Never, Protocol
from uuid import UUID

from ascend import scope
from ascend.envelope.cipher import FieldCipher
from ascend.envelope.deterministic import DeterministicCipher
from ascend.envelope.errors import BlockSpent, DecryptionFailed
from ascend.keychain import clock
from ascend.keychain.budget import Allowance
from ascend.keychain.database import CommitWatch
from ascend.keychain.leases import TenantLease, counted
from ascend.keychain.models import Key

_in_force = scope._organization.get  # noqa: SLF001  (the bound method: a call less for every value)


class OpenerSource(Protocol):
    """Where openers come from, and where a new one is had when a lease has ended."""

    def renewed_opener(self, opener: "Opener") -> "Opener": ...
    def forget_opener(self, opener: "Opener") -> None: ...


class Source(Protocol):
    """Where sealers come from."""

    def renewed_sealer(self, sealer: "Sealer") -> "Sealer": ...
    def forget_sealer(self, sealer: "Sealer") -> None: ...


class _KeyUser:
    """What openers and sealers share: silence about the key, and no copies."""

    __slots__ = ()

    def __reduce__(self) -> Never:
        raise TypeError("this object holds a key: it is never pickled or copied")


class Opener(_KeyUser):
    """Opens the values of one field under one data key, for as long as the lease stands."""

    __slots__ = ("_hits", "_lease", "_now", "_open", "_seen", "_source", "header", "is_primary",
                 "organization_id", "used_at")  # fmt: skip

    def __init__(
        self,
        source: OpenerSource,
        lease: TenantLease,
        row: Key,
        cipher: FieldCipher | DeterministicCipher,
        header: bytes,
    ) -> None:
        self.organization_id = lease.organization_id
        self.header = header
        self.is_primary = row.primary
        self.used_at = clock.boot_seconds()
        self._source = source
        self._lease = lease
        self._now = clock.boot_seconds
        self._seen: UUID | None = lease.organization_id
        self._hits = count()
        self._open: Callable[[bytes, bytes], bytes] = cipher.open

    def open(self, envelope: bytes, row: bytes = b"") -> bytes:
        """Return the plaintext of an envelope that begins with this opener's header.

        Raises:
            DecryptionFailed: anything is wrong with it, or another organization is in force.
            KeyUnavailable: there is no lease to be had.
        """
        if _in_force() is not self._seen:
            self._require_scope()
        if self._now() >= self._lease.ends_at:
            return self._source.renewed_opener(self).open(envelope, row)
        next(self._hits)
        return self._open(envelope, row)

    def uses(self) -> int:
        """Return how many values it opened."""
        return counted(self._hits)

    def close(self) -> None:
        """Let go of the key."""
        self._source.forget_opener(self)
        self._open = self._open_anew

    def _open_anew(self, envelope: bytes, row: bytes) -> bytes:
        # The lease ended, or the crowd was too large, between the look at the clock and the cipher.
        return self._source.renewed_opener(self).open(envelope, row)

    def _require_scope(self) -> None:
        organization_id = scope.current_organization()
        if organization_id != self.organization_id:
            raise DecryptionFailed
        # UUIDs are compared by identity above; remember the object that this thread's scope holds.
        self._seen = _in_force() or self._seen

    def __repr__(self) -> str:
        return f"<Opener of {self.organization_id}>"


class Sealer(_KeyUser):
    """Seals the values of one field under the organization's primary data key."""

    __slots__ = ("_allowance", "_lease", "_now", "_seal", "_seal_with", "_seen", "_source", "_take",
                 "_uses_before", "_watch", "header", "organization_id")  # fmt: skip

    def __init__(
        self, source: Source, lease: TenantLease, cipher: FieldCipher, header: bytes, allowance: Allowance,
        watch: CommitWatch | None,
    ) -> None:  # fmt: skip
        self.organization_id = lease.organization_id
        self.header = header
        self._source = source
        self._lease = lease
        self._now = clock.boot_seconds
        self._seen: UUID | None = lease.organization_id
        self._seal: Callable[[bytes, bytes], bytes] = cipher.seal
        self._seal_with: Callable[[bytes, bytes, bytes], bytes] = cipher.seal_with
        self._allowance = allowance
        self._uses_before = allowance.uses()
        self._watch = watch
        self._take = _unsure if watch is not None else allowance.taker()

    def seal(self, plaintext: bytes, row: bytes = b"") -> bytes:
        """Return a new envelope of `plaintext`; `row` is a `row_part` or empty.

        Raises:
            WrongOrganization: another organization is in force.
            KeyUnavailable: there is no lease to be had.
            BudgetExhausted: the key has sealed all that it may and has no successor.
        """
        if _in_force() is not self._seen:
            self._require_scope()
        if self._now() >= self._lease.ends_at:
            return self._source.renewed_sealer(self).seal(plaintext, row)
        try:
            self._take()
        except BlockSpent:
            if not self._has_drawn():
                return self._source.renewed_sealer(self).seal(plaintext, row)
        return self._seal(plaintext, row)

    def seal_with(self, nonce: bytes, plaintext: bytes, row: bytes = b"") -> bytes:
        """Return the envelope under a nonce that one bulk operation drew in one block; raises as `seal` does."""
        if _in_force() is not self._seen:
            self._require_scope()
        if self._now() >= self._lease.ends_at:
            return self._source.renewed_sealer(self).seal_with(nonce, plaintext, row)
        try:
            self._take()
        except BlockSpent:
            if not self._has_drawn():
                return self._source.renewed_sealer(self).seal_with(nonce, plaintext, row)
        return self._seal_with(nonce, plaintext, row)

    def uses(self) -> int:
        """Return how many values this process sealed with the key since this sealer was made."""
        return self._allowance.uses() - self._uses_before

    def close(self) -> None:
        """Let go of the key."""
        self._source.forget_sealer(self)
        self._seal, self._seal_with = self._seal_anew, self._seal_anew_with

    def _seal_anew(self, plaintext: bytes, row: bytes) -> bytes:
        return self._source.renewed_sealer(self).seal(plaintext, row)

    def _seal_anew_with(self, nonce: bytes, plaintext: bytes, row: bytes) -> bytes:
        return self._source.renewed_sealer(self).seal_with(nonce, plaintext, row)

    def _has_drawn(self) -> bool:
        """Take a message from the next block; not if the key's row was rolled back, or it is to have a successor."""
        watch = self._watch
        if self._allowance.needs_successor:
            return False
        if watch is not None and (watch.is_rolled_back or watch.is_pending_elsewhere):
            return False
        take = self._allowance.take_after()
        if watch is None or watch.is_committed:
            self._watch, self._take = None, take
        return True

    def _require_scope(self) -> None:
        organization_id = scope.current_organization()
        if organization_id != self.organization_id:
            raise scope.WrongOrganization("Another organization is in force than the one that this value is of.")
        self._seen = _in_force() or self._seen

    def __repr__(self) -> str:
        return f"<Sealer of {self.organization_id}>"


def _unsure() -> None:
    # The row of the data key is not committed yet: look before every value.
    raise BlockSpent
