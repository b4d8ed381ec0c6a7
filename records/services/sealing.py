"""From the values of a person to the columns of a row: each sealed once, each index hashed once.

`save()` does the same for one instance. A million rows pay for every step in Python, so here the
keys of a column are looked up once for a chunk of rows. The lease is still looked at with every
value that is sealed: a chunk during which it ends is rolled back with everything in it.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ascend.envelope.context import row_part
from ascend.envelope.suites import GCM_NONCE_BYTES
from ascend.fields.base import EncryptedField
from ascend.fields.scheme import GENERATION, WRITTEN_LETTER, Index
from ascend.keychain import keyring
from records.csvfile.validation import Values
from records.models import PersonRecord
from records.person_fields import PROTECTED_NAMES

Hash = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class _Column:
    """One protected field: how its text is sealed, and the hashes that go with it."""

    name: str
    seal: Callable[[bytes, bytes, bytes], bytes]
    hashes: tuple[Hash, ...]

    def empty(self) -> list[bytes | None]:
        """Return the columns of no value."""
        return [None] * (1 + len(self.hashes))


class RowSealer:
    """Seals people of one organization, for one chunk; the next chunk takes a new one."""

    def __init__(self, organization_id: UUID, *, rows: int) -> None:
        """Take the keys, and the nonces of one chunk in one piece: drawing each costs as much as sealing.

        Raises:
            KeyUnavailable: there is no lease to be had.
        """
        self._columns = tuple(_column(_field(name), organization_id) for name in PROTECTED_NAMES)
        nonces = os.urandom(GCM_NONCE_BYTES * rows * len(self._columns))
        self._nonces = (nonces[at : at + GCM_NONCE_BYTES] for at in range(0, len(nonces), GCM_NONCE_BYTES))

    def prepare(self, record_id: UUID, values: Values) -> list[bytes | None]:
        """Return what `column_names` hold for one person.

        Raises:
            KeyUnavailable: the lease ended and there is no other.
        """
        row = row_part(record_id)
        prepared: list[bytes | None] = []
        for column in self._columns:
            value = values.get(column.name)
            if value is None:
                prepared += column.empty()
                continue
            text = value if isinstance(value, str) else value.isoformat()
            prepared.append(column.seal(next(self._nonces), text.encode(), row))
            prepared += [hash_of(text) for hash_of in column.hashes]
        return prepared


def column_names() -> Sequence[str]:
    """Return the columns of a row that hold envelopes and hashes, in the order of `RowSealer.prepare`."""
    names: list[str] = []
    for field in map(_field, PROTECTED_NAMES):
        names += [field.column, *(index.column_name(field.name, WRITTEN_LETTER) for index in field.scheme.indexes)]
    return names


def _column(field: EncryptedField, organization_id: UUID) -> _Column:
    keys = keyring.field_keys(field.scheme.context)
    hashes = tuple(_hash(field, index, organization_id) for index in field.scheme.indexes)
    return _Column(field.name, keys.sealer(organization_id).seal_with, hashes)


def _hash(field: EncryptedField, index: Index, organization_id: UUID) -> Hash:
    """Return the function from a text, which is never empty, to its hash in one index."""
    label, normalise = field.scheme.context, index.normalise
    digest = (
        keyring.field_keys(label)
        .index_key(organization_id, label_or_group=label, transform=index.name, bits=index.bits, generation=GENERATION)
        .digest
    )

    def hash_of(text: str) -> bytes | None:
        normal = normalise(text)
        return digest(normal) if normal else None

    return hash_of


def _field(name: str) -> Any:
    return PersonRecord._meta.get_field(name)  # noqa: SLF001 - Django's documented way to a field
