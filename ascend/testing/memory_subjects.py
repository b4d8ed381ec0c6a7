"""Keys of persons in memory, for fields with `shred_with=`: no key database, no lease.

keyring.subjects.shred(organization_id, customer.pk)
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ascend.envelope import DecryptionFailed, FieldCipher, FieldContext, SecretKey, Suite, header
from ascend.keychain import short_ids
from ascend.keychain.errors import Shredded
from ascend.scope import current_organization

if TYPE_CHECKING:
    from ascend.testing.memory import MemoryKeyring

HEADER = slice(9)


@dataclass(eq=False)
class MemorySubjectKey:
    """One person's key, or what is left of it."""

    organization_id: UUID
    subject_id: UUID
    header: bytes
    key: SecretKey = field(repr=False)
    destroyed_at: datetime | None = None

    def cipher(self, label: str) -> FieldCipher:
        """Return what opens and seals the values of one label.

        Raises:
            Shredded: a test has destroyed the key.
        """
        if self.destroyed_at is not None:
            raise Shredded(self.organization_id, self.subject_id, self.destroyed_at)
        return FieldCipher(self.key, self.header, FieldContext(self.organization_id, label))


class MemorySubjects:
    """The keys of all persons of one test."""

    def __init__(self, ring: "MemoryKeyring") -> None:
        self._ring = ring
        self._by_header: dict[bytes, MemorySubjectKey] = {}
        self._primaries: dict[tuple[UUID, UUID], MemorySubjectKey] = {}

    def is_subject_header(self, head: bytes) -> bool:
        """Return whether the first 9 bytes of an envelope name the key of a person."""
        return short_ids.is_subject_header(head)

    def is_held(self, envelope: bytes) -> bool:
        """Return True: nothing has to be loaded."""
        return True

    def load(self, headers: Iterable[bytes]) -> None:
        """Do nothing: everything is here."""

    def open_value(self, label: str, envelope: bytes, row: bytes = b"") -> bytes:
        """Return the plaintext of an envelope that was sealed under a person's key.

        Raises:
            Shredded: a test has destroyed the key.
            DecryptionFailed: anything is wrong with it, or another organization is in force.
        """
        held = self._by_header.get(envelope[HEADER])
        if held is None or held.organization_id != current_organization():
            raise DecryptionFailed
        self._ring.require(held.organization_id)
        return held.cipher(label).open(envelope, row)

    def prepare(self, organization_id: UUID, subject_ids: Iterable[UUID]) -> None:
        """Have a key for each person."""
        for subject_id in subject_ids:
            if (organization_id, subject_id) not in self._primaries:
                self.renew(organization_id, subject_id)

    def seal_value(
        self, label: str, organization_id: UUID, subject_id: UUID, plaintext: bytes, row: bytes = b""
    ) -> bytes:
        """Return a new envelope under the person's key.

        Raises:
            Shredded: a test has destroyed the key.
        """
        self._ring.require(organization_id)
        self.prepare(organization_id, [subject_id])
        return self._primaries[organization_id, subject_id].cipher(label).seal(plaintext, row)

    def seals_for(self, envelope: bytes, subject_id: UUID) -> bool:
        """Return whether an envelope is under the key that the person's new values are sealed under."""
        held = self._by_header.get(envelope[HEADER])
        return held is not None and held is self._primaries.get((held.organization_id, subject_id))

    def shred(self, organization_id: UUID, subject_id: UUID) -> None:
        """Destroy the key of a person: every read and write of the person's values raises `Shredded`."""
        self._primaries[organization_id, subject_id].destroyed_at = datetime.now(UTC)

    def renew(self, organization_id: UUID, subject_id: UUID) -> None:
        """Give a person a new key; what the old one sealed stays as it is."""
        head = header(Suite.XAES_256_GCM, short_ids.of_subject_key())
        made = MemorySubjectKey(organization_id, subject_id, head, SecretKey.generate())
        self._by_header[head] = self._primaries[organization_id, subject_id] = made
