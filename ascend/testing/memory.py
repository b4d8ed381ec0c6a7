"""A keyring in memory: real envelopes under keys that live as long as the test. No database, no provider, no lease.

with memory_keyring() as keyring, organization_scope(organization_id):
    person = Person.objects.create(ssn="123-45-6789")
    keyring.revoke(organization_id)
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from os import urandom
from typing import Any
from uuid import UUID

from ascend.envelope import (
    HEADER_BYTES,
    KEY_ID_BYTES,
    DecryptionFailed,
    DeterministicCipher,
    FieldCipher,
    FieldContext,
    GroupContext,
    IndexKey,
    SecretKey,
    SivKey,
    Suite,
    header,
)
from ascend.fields import keys
from ascend.fields.key_names import Group, KeyName
from ascend.keychain.errors import KeyUnavailable
from ascend.scope import current_organization
from ascend.testing.memory_subjects import MemorySubjects


@dataclass(eq=False)
class MemoryDataKey:
    """One data key: opens what it sealed, and seals while it is the primary one."""

    ring: "MemoryKeyring" = field(repr=False)
    organization_id: UUID
    cipher: FieldCipher | DeterministicCipher = field(repr=False)
    is_primary: bool = True

    def open(self, envelope: bytes, row: bytes = b"") -> bytes:
        """Return the plaintext, for the organization in force only.

        Raises:
            DecryptionFailed: the bytes were changed, moved, or belong to another organization.
            KeyUnavailable: a test has revoked the organization's keys.
        """
        if current_organization() != self.organization_id:
            raise DecryptionFailed
        self.ring.require(self.organization_id)
        return self.cipher.open(envelope, row)

    def seal(self, plaintext: bytes, row: bytes = b"", nonce: bytes | None = None) -> bytes:
        """Return a new envelope, under a nonce that one statement drew if there is one.

        Raises:
            KeyUnavailable: a test has revoked the organization's keys.
        """
        self.ring.require(self.organization_id)
        if nonce is None or not isinstance(self.cipher, FieldCipher):
            return self.cipher.seal(plaintext, row)
        return self.cipher.seal_with(nonce, plaintext, row)


class MemoryColumnKeys:
    """The keys of one column; made on demand, one for each organization."""

    def __init__(self, ring: "MemoryKeyring", label: str) -> None:
        self._ring = ring
        self._label = label
        self._openers: dict[bytes, MemoryDataKey] = {}
        self._primaries: dict[UUID, MemoryDataKey] = {}

    def opener(self, header: bytes) -> MemoryDataKey:
        """Return the data key that an envelope names.

        Raises:
            DecryptionFailed: no such key was made for this column.
        """
        try:
            return self._openers[header]
        except KeyError:
            raise DecryptionFailed from None

    def open(self, envelope: bytes, row: bytes = b"") -> bytes:
        """Return the plaintext of an envelope; raises as `MemoryDataKey.open` does."""
        return self.opener(envelope[:HEADER_BYTES]).open(envelope, row)

    def converter(self, decode: Callable[[bytes], Any]) -> Callable[[Any, Any, Any], Any]:
        """Return what a query calls for every value of a column that is bound to no row."""

        def convert(stored: Any, _expression: Any, _connection: Any) -> Any:
            if stored is None:
                return None
            plaintext = self.open(bytes(stored))
            with suppress(ValueError):
                return decode(plaintext)
            raise DecryptionFailed

        return convert

    def sealer(self, organization_id: UUID) -> MemoryDataKey:
        """Return the organization's primary data key."""
        self._ring.require(organization_id)
        return self._primaries.get(organization_id) or self.rotate(organization_id)

    def rotate(self, organization_id: UUID) -> MemoryDataKey:
        """Make a new primary data key; the old one still opens."""
        head, cipher = self._new_cipher(organization_id)
        if previous := self._primaries.get(organization_id):
            previous.is_primary = False
        key = self._primaries[organization_id] = self._openers[head] = MemoryDataKey(
            self._ring, organization_id, cipher
        )
        return key

    def _new_cipher(self, organization_id: UUID) -> tuple[bytes, FieldCipher | DeterministicCipher]:
        head = header(Suite.AES_256_GCM, urandom(KEY_ID_BYTES))
        return head, FieldCipher(SecretKey.generate(), head, FieldContext(organization_id, self._label))

    def index_key(
        self, organization_id: UUID, *, label_or_group: str, transform: str, bits: int, generation: int
    ) -> IndexKey:
        """Return the key of one blind index."""
        self._ring.require(organization_id)
        return self._ring.index_key(organization_id, label_or_group, transform, bits, generation)


class MemoryGroupKeys(MemoryColumnKeys):
    """The keys of one join group: equal values have equal envelopes, in every column of the group."""

    def _new_cipher(self, organization_id: UUID) -> tuple[bytes, DeterministicCipher]:
        head = header(Suite.AES_256_SIV, urandom(KEY_ID_BYTES))
        return head, DeterministicCipher(SivKey.generate(), head, GroupContext(organization_id, self._label))


class MemoryKeyring:
    """All keys of one test."""

    def __init__(self) -> None:
        self._columns: dict[KeyName, MemoryColumnKeys] = {}
        self._index_keys: dict[tuple[UUID, str, str, int, int], IndexKey] = {}
        self._index_root = SecretKey.generate()
        self._revoked: set[UUID] = set()
        self.subjects = MemorySubjects(self)

    def __call__(self, name: KeyName) -> MemoryColumnKeys:
        """Return the keys of the column with this context label, or of a join group."""
        made = MemoryGroupKeys(self, name.label) if isinstance(name, Group) else MemoryColumnKeys(self, name)
        return self._columns.setdefault(name, made)

    def index_key(self, organization_id: UUID, label: str, transform: str, bits: int, generation: int) -> IndexKey:
        """Return the key of one index; every organization has its own."""
        wanted = (organization_id, label, transform, bits, generation)
        if wanted not in self._index_keys:
            self._index_keys[wanted] = IndexKey.derive(
                self._index_root,
                organization_id=organization_id,
                label=label,
                transform=transform,
                bits=bits,
                generation=generation,
            )
        return self._index_keys[wanted]

    def revoke(self, organization_id: UUID) -> None:
        """Let every use of the organization's keys raise `KeyUnavailable`, as after a customer's revocation."""
        self._revoked.add(organization_id)

    def restore(self, organization_id: UUID) -> None:
        """Give the organization's keys back."""
        self._revoked.discard(organization_id)

    @contextmanager
    def revoked(self, organization_id: UUID | None = None) -> Iterator[None]:
        """Take the keys of an organization, by default the one in force, away for the body of the `with` statement."""
        organization_id = organization_id or current_organization()
        self.revoke(organization_id)
        try:
            yield
        finally:
            self.restore(organization_id)

    def require(self, organization_id: UUID) -> None:
        """Return if the organization's keys may be used.

        Raises:
            KeyUnavailable: a test has revoked them.
        """
        if organization_id in self._revoked:
            raise KeyUnavailable(organization_id, "The keys of this organization were revoked.", "Restore them.")


@contextmanager
def memory_keyring() -> Iterator[MemoryKeyring]:
    """Let every encrypted field take its keys from a new keyring in memory for the body of the `with` statement."""
    keyring = MemoryKeyring()
    with keys.replaced_by(keyring):
        yield keyring
