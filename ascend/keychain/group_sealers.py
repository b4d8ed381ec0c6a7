"""Sealing under suite 02: no nonce is drawn, so no message is counted against a budget (ENV-23)."""

from collections.abc import Callable
from typing import ClassVar, Protocol

from ascend.envelope.deterministic import DeterministicCipher
from ascend.keychain.database import CommitWatch
from ascend.keychain.held_keys import HeldKey, in_force
from ascend.keychain.leases import TenantLease, Use


class Source(Protocol):
    """Where a group's sealers come from, and where a new one is had when a lease has ended."""

    def renewed_sealer(self, sealer: "GroupSealer") -> "GroupSealer": ...
    def forget_sealer(self, sealer: "GroupSealer") -> None: ...


class GroupSealer(HeldKey):
    """Seals the values of one join group under the organization's one key, for as long as the lease stands."""

    __slots__ = ("_seal", "_source", "header")
    use: ClassVar[Use] = Use.WRITE

    def __init__(
        self, source: Source, lease: TenantLease, cipher: DeterministicCipher, header: bytes, watch: CommitWatch | None
    ) -> None:
        super().__init__(lease, watch)
        self.header = header
        self._source = source
        self._seal: Callable[[bytes, bytes], bytes] = cipher.seal

    def seal(self, plaintext: bytes, row: bytes = b"") -> bytes:
        """Return the envelope of `plaintext`, the same one each time.

        Raises:
            ValueError: a row was named (ENV-22).
            WrongOrganization: another organization is in force.
            KeyUnavailable: there is no lease to be had.
        """
        if in_force() is not self._seen:
            self._require_scope()
        if self._now() >= self._lease.ends_at or (self._watch is not None and self._is_void()):
            return self._source.renewed_sealer(self).seal(plaintext, row)
        next(self._hits)
        return self._seal(plaintext, row)

    def close(self) -> None:
        """Let go of the key."""
        self._source.forget_sealer(self)
        self._seal = self._seal_anew

    def _seal_anew(self, plaintext: bytes, row: bytes) -> bytes:
        # The lease ended between the look at the clock and the cipher.
        return self._source.renewed_sealer(self).seal(plaintext, row)
