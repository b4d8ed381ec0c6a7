"""Find the data key of a branch, making what is missing on the way down: service key, then data key."""

from uuid import UUID

from django.utils.translation import gettext as _

from ascend.keychain import acquisition, database, process, provisioning, snapshot, uncommitted
from ascend.keychain.database import CommitWatch
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.leases import TenantLease, ended
from ascend.keychain.models import Key
from ascend.keychain.provisioning import Branch, ParentGone
from ascend.keychain.states import Level

ATTEMPTS = 3
TURN_SECONDS = 5.0


def primary_data_key(organization_id: UUID, branch: Branch) -> tuple[TenantLease, Key, CommitWatch | None]:
    """Return a valid lease, the branch's primary data key, and what tells its rollback (None: committed).

    Raises:
        KeyUnavailable: there is no lease, or no key could be made.
    """
    for _attempt in range(ATTEMPTS):
        lease = acquisition.lease_for(organization_id)
        if uncommitted.rolled_back(organization_id) & lease.snapshot.rows.keys():
            acquisition.give_up(lease)
            continue
        try:
            row = _in_snapshot(lease, branch) or _made_in_turn(lease, branch)
        except ParentGone:
            # A rollback took the keys above along: what the lease holds is of a chain that does not exist.
            acquisition.give_up(lease)
            continue
        snapshot.require_wrappable(lease.snapshot, row)
        return lease, row, uncommitted.watch_of(row.id)
    raise ended(organization_id)


def data_key_by_id(lease: TenantLease, short_id: bytes) -> Key | None:
    """Return the organization's data key with this short id, whatever its state."""
    for held in lease.snapshot.of_level(Level.DATA_KEY):
        if bytes(held.short_id or b"") == short_id:
            return held
    row = snapshot.fetch_data_key(lease.organization_id, short_id)
    if row is not None and row.parent_id is not None and row.parent_id not in lease.snapshot.rows:
        # Another process made the branch after this lease was taken, its service key included.
        service = snapshot.fetch_key(lease.organization_id, row.parent_id)
        if service is not None:
            lease.snapshot.rows[service.id] = service
    return row


def _in_snapshot(lease: TenantLease, branch: Branch) -> Key | None:
    tenant = lease.snapshot.primary(Level.TENANT_KEY)
    services = [row for row in lease.snapshot.of_level(Level.SERVICE_KEY) if _is_of(row, branch, "")]
    keys = [row for row in lease.snapshot.of_level(Level.DATA_KEY) if _is_of(row, branch, branch.context_label)]
    for service in services:
        for row in keys:
            if tenant is not None and row.parent_id == service.id and service.parent_id == tenant.id:
                return row
    return None


def _is_of(row: Key, branch: Branch, label: str) -> bool:
    is_wanted = row.primary and (row.purpose, row.classification, row.context_label) == (
        branch.purpose, branch.classification, label,
    )  # fmt: skip
    return is_wanted and not uncommitted.is_pending_elsewhere(row.id)


def _made_in_turn(lease: TenantLease, branch: Branch) -> Key:
    """Find or make the key, one caller of the organization at a time.

    A row that somebody keeps locked occupies one of the few threads, and leaves the others to other organizations.
    """
    if database.is_inline():
        return _find_or_make(lease, branch)  # in the caller's transaction, which waits for nobody's turn
    making = process.tenancy(lease.organization_id).making
    if not making.acquire(timeout=TURN_SECONDS):
        reason = _("Another caller is still making keys of this organization.")
        raise KeyUnavailable(lease.organization_id, reason, _("Try again."), 1)
    try:
        return _in_snapshot(lease, branch) or database.apart(lambda: _find_or_make(lease, branch))
    finally:
        making.release()


def _find_or_make(lease: TenantLease, branch: Branch) -> Key:
    tenant = lease.snapshot.primary(Level.TENANT_KEY)
    if tenant is None:
        raise ParentGone(str(lease.organization_id))
    service = _child(lease, tenant, branch, Level.SERVICE_KEY)
    return _child(lease, service, branch, Level.DATA_KEY)


def _child(lease: TenantLease, parent: Key, branch: Branch, level: Level) -> Key:
    row = provisioning.find_primary(parent, branch, level)
    if row is None:
        row = provisioning.make_child(parent, lease.key_of(parent), branch, level)
    lease.snapshot.rows[row.id] = row
    return row
