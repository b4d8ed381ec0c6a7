"""Key rows that joined a caller's transaction which has not ended yet (SQLite; elsewhere there are none).

After a rollback such a key exists in this process's memory only: a value sealed under it would
never open again (KC-27). So whoever is about to use one asks here first.
"""

import os
from uuid import UUID

from ascend.keychain import database
from ascend.keychain.database import CommitWatch

_watches: dict[UUID, tuple[UUID, CommitWatch]] = {}
os.register_at_fork(after_in_child=_watches.clear)


def note(key_id: UUID, organization_id: UUID) -> None:
    """Remember a row that was just inserted, if a rollback could still take it back."""
    if database.is_inline():
        watch = CommitWatch()
        if not watch.is_committed:
            _watches[key_id] = (organization_id, watch)


def watch_of(key_id: UUID) -> CommitWatch | None:
    """Return what tells whether the row was rolled back, or None for one that stands."""
    _, watch = _watches.get(key_id, (None, None))
    if watch is not None and watch.is_committed:
        _watches.pop(key_id, None)
        return None
    return watch


def is_pending_elsewhere(key_id: UUID) -> bool:
    """Return whether the row is in another thread's transaction: its rollback would take our values along."""
    watch = watch_of(key_id)
    return watch is not None and watch.is_pending_elsewhere


def rolled_back(organization_id: UUID) -> set[UUID]:
    """Return the organization's keys that exist no more, and forget them."""
    gone = {key_id for key_id, (owner, watch) in _watches.items() if owner == organization_id and watch.is_rolled_back}
    for key_id in gone:
        del _watches[key_id]
    return gone


def forget() -> None:
    """Forget all."""
    _watches.clear()
