"""What this process has seen of the versions of keys and of the epochs: neither ever goes back (KC-22).

A row that was read before a change and is looked at after it is only late. So whatever seems to have
gone back is read again before it is called tampering; that nothing late is used is the epochs' business.
"""

import os
from collections.abc import Collection, Iterable
from uuid import UUID

from ascend.keychain import database
from ascend.keychain.models import Key, Revocation

_versions: dict[UUID, int] = {}
_epochs: dict[UUID, int] = {}
os.register_at_fork(after_in_child=_versions.clear)
os.register_at_fork(after_in_child=_epochs.clear)


def note_versions(rows: Collection[Key]) -> None:
    """Remember the versions of rows that are committed."""
    if database.sees_only_committed():
        _versions.update((row.id, max(row.state_version, _versions.get(row.id, 0))) for row in rows)


def note_epochs(revocations: Iterable[Revocation]) -> None:
    """Remember epochs that are committed."""
    if database.sees_only_committed():
        _epochs.update(
            (row.organization_id, max(row.epoch, _epochs.get(row.organization_id, 0))) for row in revocations
        )


def was_put_back(row: Key) -> bool:
    """Return whether a key's row has an older version than this process has seen, also when read again."""
    seen = _versions.get(row.id, 0)
    if row.state_version >= seen:
        return False
    versions = Key.objects.filter(id=row.id).values_list("state_version", flat=True)
    return (database.apart(versions.first) or 0) < seen


def epoch_was_put_back(revocation: Revocation) -> bool:
    """Return whether an organization's epoch is older than this process has seen, also when read again."""
    seen = _epochs.get(revocation.organization_id, 0)
    if revocation.epoch >= seen:
        return False
    epochs = Revocation.objects.filter(organization_id=revocation.organization_id).values_list("epoch", flat=True)
    return (database.apart(epochs.first) or 0) < seen
