"""What fields and files use: a key to write with, a key by the id in a header, and `require`.

Spec: docs/spec/keychain.md §8. All state is of this process, begins empty in a forked child and starts no
thread before it is used.
"""

from uuid import UUID

from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SecretKey
from ascend.keychain import (
    acquisition,
    branches,
    budget,
    database,
    process,
    snapshot,
    subject_shelf,
    ticker,
    uncommitted,
)
from ascend.keychain import field_keys as _fields
from ascend.keychain import group_keys as _groups
from ascend.keychain.field_keys import FieldKeys, field_keys
from ascend.keychain.group_keys import GroupKeys, group_keys
from ascend.keychain.models import Algorithm, Purpose
from ascend.keychain.provisioning import Branch

__all__ = ["FieldKeys", "GroupKeys", "close", "field_keys", "file_key", "file_key_by_id", "group_keys", "require"]


def require(organization_id: UUID) -> None:
    """Take or confirm a lease; call it before a transaction is opened.

    Raises:
        KeyUnavailable: no value of the organization can be read or written now.
    """
    next(acquisition.lease_for(organization_id).hits)


def file_key(organization_id: UUID, label: str) -> tuple[SecretKey, bytes]:
    """Return the key for new files of `label`, and its short id of 8 bytes.

    Raises:
        KeyUnavailable: there is no lease to be had.
    """
    lease, row, _ = branches.primary_data_key(organization_id, _files(label))
    next(lease.writes)
    return lease.key_of(row), bytes(row.short_id or b"")


def file_key_by_id(key_id: bytes, organization_id: UUID, label: str) -> SecretKey:
    """Return the key that a file's header names.

    Raises:
        DecryptionFailed: there is no such key for files of this label and organization.
        KeyUnavailable: there is no lease to be had.
    """
    lease = acquisition.lease_for(organization_id)
    row = branches.data_key_by_id(lease, key_id)
    if row is None or (row.purpose, row.context_label) != (Purpose.FILES, label):
        raise DecryptionFailed
    snapshot.require_unwrappable(lease.snapshot, row)
    next(lease.reads)
    return lease.key_of(row)


def close() -> None:
    """End threads, leases and blocks of this process: for tests and at shutdown. The next use begins anew."""
    ticker.stop()
    process.forget()
    _fields.forget_all()
    _groups.forget_all()
    budget.forget()
    uncommitted.forget()
    subject_shelf.forget()
    database.close()


def _files(label: str) -> Branch:
    return Branch(Purpose.FILES, label, Algorithm.XAES_256_GCM)
