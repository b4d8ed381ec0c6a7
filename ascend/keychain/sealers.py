"""Sealing values: one look at the scope, one at the clock, one count, one nonce, one cipher, in one Python-level call.

Spec: docs/spec/keychain.md §8 and §10. Nothing here takes a lock, asks a database or calls a provider as long as the
lease stands and the block has messages left (KC-36). What differs from that is in the methods that begin with an
underscore.
"""

from collections.abc import Callable
from os import urandom
from typing import ClassVar, Never, Protocol
from uuid import UUID

from ascend import scope
from ascend.envelope import budget as counting
from ascend.envelope.budget import UsageBlock
from ascend.envelope.cipher import FieldCipher
from ascend.keychain import clock
from ascend.keychain.budget import Allowance
from ascend.keychain.database import CommitWatch
from ascend.keychain.leases import TenantLease, Use

_in_force = scope._organization.get  # noqa: SLF001  (the bound method: a call less for every value)

_UNSURE = UsageBlock(0)
"""The block of a data key whose row is not committed yet: always spent, so that every value looks first."""


class _KeyGone(Exception):
    """The key was let go of between the look at the clock and the cipher."""


class Source(Protocol):
    """Where sealers come from, and where a new one is had when a lease has ended."""

    def renewed_sealer(self, sealer: "Sealer") -> "Sealer": ...
    def forget_sealer(self, sealer: "Sealer") -> None: ...


class Sealer:
    """Seals the values of one field under the organization's primary data key."""

    __slots__ = ("_allowance", "_block", "_encrypt", "_lease", "_nonce_bytes", "_now", "_prefix", "_seen", "_source",
                 "_uses_before", "_watch", "header", "organization_id")  # fmt: skip
    use: ClassVar[Use] = Use.WRITE

    def __init__(
        self, source: Source, lease: TenantLease, cipher: FieldCipher, allowance: Allowance, watch: CommitWatch | None
    ) -> None:
        self.organization_id = lease.organization_id
        self.header = cipher.header
        self._source = source
        self._lease = lease
        self._now = clock.boot_seconds
        self._seen: UUID | None = lease.organization_id
        self._prefix, self._nonce_bytes = cipher.prefix, cipher.nonce_bytes
        self._encrypt: Callable[[bytes, bytes, bytes], bytes] = cipher.encrypt
        self._allowance = allowance
        self._uses_before = allowance.uses()
        self._watch = watch
        self._block = _UNSURE if watch is not None else allowance.block()

    def seal(self, plaintext: bytes, row: bytes = b"", nonce: bytes | None = None) -> bytes:
        """Return a new envelope of `plaintext`; `row` is a `row_part` or empty.

        `nonce` is one that a bulk operation drew in one piece; without it the value draws its own.

        Raises:
            WrongOrganization: another organization is in force.
            KeyUnavailable: there is no lease to be had.
            BudgetExhausted: the key has sealed all that it may and has no successor.
            ValueError: the nonce has another length than the suite's.
        """
        if _in_force() is not self._seen:
            self._require_scope()
        if self._now() >= self._lease.ends_at:
            return self._source.renewed_sealer(self).seal(plaintext, row)
        # What `UsageBlock.take` does: a call for it costs as much as all the checks here.
        block = self._block
        number = next(block.numbers)
        if number <= block.size and block.owner is counting.here:
            block.used = number
        elif not self._has_drawn(block):
            return self._source.renewed_sealer(self).seal(plaintext, row)
        if nonce is None:
            # Drawn in the call that uses it and never kept: a pool carried over a fork would be used twice.
            nonce = urandom(self._nonce_bytes)
        elif len(nonce) != self._nonce_bytes:
            raise ValueError(f"this suite takes a nonce of {self._nonce_bytes} bytes")
        try:
            return self.header + nonce + self._encrypt(nonce, plaintext, self._prefix + row)
        except _KeyGone:
            pass
        return self._source.renewed_sealer(self).seal(plaintext, row)

    def seal_with(self, nonce: bytes, plaintext: bytes, row: bytes = b"") -> bytes:
        """Return the envelope under a nonce that one bulk operation drew in one piece; raises as `seal` does."""
        return self.seal(plaintext, row, nonce)

    def uses(self) -> int:
        """Return how many values this process sealed with the key since this sealer was made."""
        return self._allowance.uses() - self._uses_before

    def close(self) -> None:
        """Let go of the key."""
        self._source.forget_sealer(self)
        self._encrypt = _gone

    def _has_drawn(self, spent: UsageBlock) -> bool:
        """Take a message from the next block; not if the key's row was rolled back, or it is to have a successor."""
        # A thread that notes its own, lower number late must not make a spent block look unspent for ever.
        spent.used = spent.size
        watch = self._watch
        if self._allowance.needs_successor:
            return False
        if watch is not None and (watch.is_rolled_back or watch.is_pending_elsewhere):
            return False
        block = self._allowance.take_after()
        if watch is None or watch.is_committed:
            self._watch, self._block = None, block
        return True

    def _require_scope(self) -> None:
        organization_id = scope.current_organization()
        if organization_id != self.organization_id:
            raise scope.WrongOrganization("Another organization is in force than the one that this value is of.")
        self._seen = _in_force()  # the object itself, or None for the project's only organization: see `Opener`

    def __reduce__(self) -> Never:
        raise TypeError("this object holds a key: it is never pickled or copied")

    def __repr__(self) -> str:
        return f"<Sealer of {self.organization_id}>"


def _gone(nonce: bytes, plaintext: bytes, aad: bytes) -> Never:
    raise _KeyGone
