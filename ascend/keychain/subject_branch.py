"""The service key (L3) that an organization's keys of persons are wrapped under, made when it is first needed."""

from uuid import UUID

from ascend.keychain import acquisition, database, provisioning, snapshot, uncommitted
from ascend.keychain.database import CommitWatch
from ascend.keychain.leases import TenantLease, ended
from ascend.keychain.models import Algorithm, Key, Purpose
from ascend.keychain.provisioning import Branch, ParentGone
from ascend.keychain.states import Level

ATTEMPTS = 3
SUBJECTS = Branch(Purpose.SUBJECTS, "", Algorithm.XAES_256_GCM)


def service_key(organization_id: UUID) -> tuple[TenantLease, Key, CommitWatch | None]:
    """Return a valid lease, the service key, and what tells its rollback (None: committed).

    Raises:
        KeyUnavailable: there is no lease, or no key could be made.
    """
    for _attempt in range(ATTEMPTS):
        lease = acquisition.lease_for(organization_id)
        if uncommitted.rolled_back(organization_id) & lease.snapshot.rows.keys():
            acquisition.give_up(lease)
            continue
        try:
            row = _in_snapshot(lease) or database.apart(lambda: _find_or_make(lease))  # noqa: B023 (called at once)
        except ParentGone:
            acquisition.give_up(lease)
            continue
        return lease, row, uncommitted.watch_of(row.id)
    raise ended(organization_id)


def service_key_by_id(lease: TenantLease, key_id: UUID) -> Key | None:
    """Return the service key that a person's key names; None if there is no such row."""
    row = lease.snapshot.rows.get(key_id) or snapshot.fetch_key(lease.organization_id, key_id)
    if row is not None:
        lease.snapshot.rows[key_id] = row
    return row


def _in_snapshot(lease: TenantLease) -> Key | None:
    tenant = lease.snapshot.primary(Level.TENANT_KEY)
    for row in lease.snapshot.of_level(Level.SERVICE_KEY):
        is_wanted = row.primary and row.purpose == Purpose.SUBJECTS and not uncommitted.is_pending_elsewhere(row.id)
        if is_wanted and tenant is not None and row.parent_id == tenant.id:
            return row
    return None


def _find_or_make(lease: TenantLease) -> Key:
    tenant = lease.snapshot.primary(Level.TENANT_KEY)
    if tenant is None:
        raise ParentGone(str(lease.organization_id))
    row = provisioning.find_primary(tenant, SUBJECTS, Level.SERVICE_KEY)
    if row is None:
        row = provisioning.make_child(tenant, lease.key_of(tenant), SUBJECTS, Level.SERVICE_KEY)
    lease.snapshot.rows[row.id] = row
    return row
