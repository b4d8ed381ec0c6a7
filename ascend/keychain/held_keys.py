"""What a digester and a group's sealer share: one key, used for as long as the lease stands and its row does.

Neither has a budget, so all that each use looks at is the scope, the lease and, on SQLite, the row of the key.
"""

from itertools import count
from typing import ClassVar, Never
from uuid import UUID

from ascend import scope
from ascend.keychain import clock
from ascend.keychain.database import CommitWatch
from ascend.keychain.leases import TenantLease, Use, counted

in_force = scope._organization.get  # noqa: SLF001  (the bound method: a call less for every value)


class HeldKey:
    """The state of one key in use, and what is looked at beside the hot path, which its subclasses spell out."""

    __slots__ = ("_hits", "_lease", "_now", "_seen", "_watch", "organization_id")
    use: ClassVar[Use] = Use.OTHER

    def __init__(self, lease: TenantLease, watch: CommitWatch | None) -> None:
        self.organization_id = lease.organization_id
        self._lease = lease
        self._watch = watch
        self._now = clock.boot_seconds
        self._seen: UUID | None = lease.organization_id
        self._hits = count()

    def uses(self) -> int:
        """Return how many values went through it."""
        return counted(self._hits)

    def _is_void(self) -> bool:
        """Whether the row of the key was rolled back, or is in another thread's transaction (SQLite)."""
        watch = self._watch
        if watch is None or watch.is_committed:
            self._watch = None
            return False
        return watch.is_rolled_back or watch.is_pending_elsewhere

    def _require_scope(self) -> None:
        if scope.current_organization() != self.organization_id:
            raise scope.WrongOrganization("Another organization is in force than the one that this key is of.")
        self._seen = in_force()  # the object itself, or None for the project's only organization: see `Opener`

    def __reduce__(self) -> Never:
        raise TypeError("this object holds a key: it is never pickled or copied")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.organization_id}>"
