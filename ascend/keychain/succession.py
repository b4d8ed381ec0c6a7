"""A data key near the end of its budget gets a successor, and new values go there."""

from django.db import IntegrityError
from django.utils import timezone

from ascend import journal
from ascend.envelope import budget as counting
from ascend.envelope.keys import SecretKey
from ascend.keychain import continuity, database, provisioning, revocation, snapshot, transitions, wrapping
from ascend.keychain.budget import Allowance
from ascend.keychain.leases import TenantLease
from ascend.keychain.models import Algorithm, Key, Purpose
from ascend.keychain.provisioning import Branch
from ascend.keychain.states import Level


def is_due(row: Key, allowance: Allowance) -> bool:
    """Return whether the key has passed its soft limit (2^30 messages), or its count cannot be relied on."""
    return counting.needs_successor(max(row.usage, allowance.usage)) or continuity.is_from_before(row)


def succeed(row: Key, lease: TenantLease) -> bool:
    """Make a successor primary and return whether this call did; the old key stays active and only reads.

    Raises:
        KeyUnavailable: the lease ended, or the service key is not active.
    """
    parent = lease.snapshot.rows[row.parent_id] if row.parent_id else row
    branch = Branch(Purpose(row.purpose), row.context_label, Algorithm(row.algorithm), row.classification)
    heir = provisioning.draft_child(parent, branch, Level.DATA_KEY, now=timezone.now())
    wrapping.wrap_under(lease.key_of(parent), SecretKey.generate(), heir)
    try:
        return database.apart(lambda: _hand_over(row, heir))
    except IntegrityError:
        return False


def _hand_over(row: Key, heir: Key) -> bool:
    with database.short_transaction():
        old = Key.objects.select_for_update().get(id=row.id)
        snapshot.check(old.organization_id, [old])
        if not old.primary:
            return False
        old.primary = False
        transitions.reseal(old)
        provisioning.insert(heir)
        old.successor = heir
        transitions.reseal(old)
        revocation.renew_epoch(old.organization_id, now=timezone.now())
        details = {"key_id": str(old.id), "successor": str(heir.id)}
        journal.emit("keychain:key:succeed", organization_id=old.organization_id, details=details)
    return True
