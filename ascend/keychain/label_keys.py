"""The keys of one label in this process: openers by header, sealers by organization, index keys.

Spec: docs/spec/keychain.md §8. A hit is one look into a dictionary by C code (`dict.__missing__` is the slow
path); everything found in it has a lease that still has to be looked at.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from ascend import scope
from ascend.envelope.blind_index import IndexKey
from ascend.envelope.cipher import FieldCipher
from ascend.envelope.deterministic import DeterministicCipher
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.message import HEADER_BYTES
from ascend.keychain import acquisition, branches, crowd, snapshot
from ascend.keychain.digesters import Digester, IndexName
from ascend.keychain.leases import TenantLease
from ascend.keychain.models import Algorithm, Key, Purpose
from ascend.keychain.openers import Opener, Reader, opening
from ascend.keychain.provisioning import Branch


class AnySealer(Protocol):
    """What every sealer has."""

    organization_id: UUID


_Sealer = TypeVar("_Sealer", bound=AnySealer)


class _Openers(dict[bytes, Opener]):
    def __init__(self, load: Callable[[bytes], Opener]) -> None:
        self._load = load

    def __missing__(self, header: bytes) -> Opener:
        return self._load(bytes(header))


class _Sealers(dict[UUID, _Sealer]):
    def __init__(self, load: Callable[[UUID], _Sealer]) -> None:
        self._load = load

    def __missing__(self, organization_id: UUID) -> _Sealer:
        return self._load(organization_id)


class LabelKeys(ABC, Generic[_Sealer]):
    """What the keys of a column and those of a join group share. One object for each label and process."""

    purpose: ClassVar[Purpose]
    algorithms: ClassVar[Mapping[int, Algorithm]]
    """By suite. The row of a key decides: a header with another suite is refused before any cipher runs (ENV-5)."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._openers = _Openers(self._load_opener)
        self._sealers: _Sealers[_Sealer] = _Sealers(self._load_sealer)
        self._digesters: dict[IndexName, Digester] = {}
        # Bound once, so that a hit costs no Python-level call of ours.
        self.opener: Callable[[bytes], Opener] = self._openers.__getitem__
        self.sealer: Callable[[UUID], _Sealer] = self._sealers.__getitem__
        self.open: Callable[..., bytes] = opening(self._openers)

    def converter(self, decode: Callable[[bytes], Any]) -> Callable[[Any, Any, Any], Any]:
        """Return what a query calls for every value of a column that is bound to no row."""
        return Reader(self._openers, decode).convert

    def index_key(
        self, organization_id: UUID, *, label_or_group: str, transform: str, bits: int = 128, generation: int = 0
    ) -> Digester:
        """Return what hashes for one blind index. Like an opener it looks at the lease and the scope at each use.

        Raises:
            KeyUnavailable: there is no lease to be had.
        """
        name = (organization_id, label_or_group, transform, bits, generation)
        return self._digesters.get(name) or self._load_digester(name)

    def renewed_opener(self, opener: Opener) -> Opener:
        """Return an opener for the same header under a valid lease."""
        self.forget_opener(opener)
        acquisition.lease_for(opener.organization_id)
        return self._openers[opener.header]

    def renewed_sealer(self, sealer: _Sealer) -> _Sealer:
        """Return a sealer of the same organization that is not `sealer`."""
        self.forget_sealer(sealer)
        return self._sealers[sealer.organization_id]

    def renewed_digester(self, digester: Digester) -> Digester:
        """Return a digester of the same index that is not `digester`."""
        self.forget_digester(digester)
        return self._digesters.get(digester.name) or self._load_digester(digester.name)

    def forget_opener(self, opener: Opener) -> None:
        """Drop `opener` if it is the one found under its header."""
        if self._openers.get(opener.header) is opener:
            self._openers.pop(opener.header, None)
            crowd.leave(opener)

    def forget_sealer(self, sealer: _Sealer) -> None:
        """Drop `sealer` if it is the one found for its organization."""
        if self._sealers.get(sealer.organization_id) is sealer:
            self._sealers.pop(sealer.organization_id, None)

    def forget_digester(self, digester: Digester) -> None:
        """Drop `digester` if it is the one found under its name."""
        if self._digesters.get(digester.name) is digester:
            self._digesters.pop(digester.name, None)

    def forget(self) -> None:
        """Drop everything: in a forked child, and for tests."""
        self._digesters.clear()
        self._openers.clear()
        self._sealers.clear()

    def _load_opener(self, header: bytes) -> Opener:
        if len(header) != HEADER_BYTES:
            raise DecryptionFailed
        lease = acquisition.lease_for(scope.current_organization())
        row = branches.data_key_by_id(lease, header[1:])
        if row is None or not self._is_mine(row, header[0]):
            raise DecryptionFailed
        snapshot.require_unwrappable(lease.snapshot, row)
        opener = Opener(self, lease, row, self._cipher(lease, row, header), header)
        self._openers[header] = opener
        crowd.join(opener, lease)
        lease.add_holder(opener)
        return opener

    def _load_digester(self, name: IndexName) -> Digester:
        organization_id, label, transform, bits, generation = name
        root = Branch(Purpose.BLIND_INDEX, label, Algorithm.HKDF_SHA_256)
        lease, row, watch = branches.primary_data_key(organization_id, root)
        key = IndexKey.derive(
            lease.key_of(row), organization_id=organization_id, label=label, transform=transform,
            bits=bits, generation=generation,
        )  # fmt: skip
        digester = self._digesters[name] = Digester(self, lease, name, key, watch)
        lease.add_holder(digester)
        return digester

    def _is_mine(self, row: Key, suite: int) -> bool:
        return (row.purpose, row.context_label) == (self.purpose, self.label) and (
            self.algorithms.get(suite) == row.algorithm
        )

    @abstractmethod
    def _load_sealer(self, organization_id: UUID) -> _Sealer:
        """Return a sealer under the organization's primary key."""

    @abstractmethod
    def _cipher(self, lease: TenantLease, row: Key, header: bytes) -> FieldCipher | DeterministicCipher:
        """Return the cipher of one data key."""
