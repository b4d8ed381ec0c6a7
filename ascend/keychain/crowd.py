"""At most 10,000 data keys are open in a process; the least recently used go first (KC-31).

Ordering a list at every value would cost more than the cipher. So an opener counts its values,
and when the crowd is full the counts are compared with those of the time before.
"""

import threading
from typing import TYPE_CHECKING

from ascend.keychain import clock

if TYPE_CHECKING:
    from ascend.keychain.leases import TenantLease
    from ascend.keychain.openers import Opener

LIMIT = 10_000
EVICT_FRACTION = 10

_lock = threading.Lock()
_members: dict[int, tuple["Opener", "TenantLease"]] = {}
_uses_before: dict[int, int] = {}


def join(opener: "Opener", lease: "TenantLease") -> None:
    """Let an opener in, and the idlest out if there are too many."""
    with _lock:
        leaving = _idlest() if len(_members) >= LIMIT else []
        _members[id(opener)] = (opener, lease)
    for old, its_lease in leaving:
        its_lease.drop_holder(old)


def leave(opener: "Opener") -> None:
    """Forget an opener that has let go of its key."""
    _members.pop(id(opener), None)
    _uses_before.pop(id(opener), None)


def note_uses() -> None:
    """Note which openers were used since the last time."""
    now = clock.boot_seconds()
    for number, (opener, _) in list(_members.items()):
        uses = opener.uses()
        if uses != _uses_before.get(number, 0):
            _uses_before[number] = uses
            opener.used_at = now


def forget() -> None:
    """Forget all."""
    global _lock  # noqa: PLW0603  (a fork may have left it held)
    _lock = threading.Lock()
    _members.clear()
    _uses_before.clear()


def size() -> int:
    """Return how many openers there are."""
    return len(_members)


def _idlest() -> list[tuple["Opener", "TenantLease"]]:
    note_uses()
    by_use = sorted(_members.values(), key=lambda member: member[0].used_at)
    return by_use[: max(1, LIMIT // EVICT_FRACTION)]
