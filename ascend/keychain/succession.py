"""A data key near the end of its budget, or on request, gets a successor, and new values go there."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from ascend import conf, journal
from ascend.envelope import budget as counting
from ascend.envelope.keys import SecretKey
from ascend.keychain import (
    acquisition,
    continuity,
    database,
    process,
    provisioning,
    revocation,
    snapshot,
    transitions,
    wrapping,
)
from ascend.keychain.budget import Allowance
from ascend.keychain.leases import TenantLease
from ascend.keychain.models import Algorithm, Key, Purpose
from ascend.keychain.provisioning import Branch
from ascend.keychain.states import Level

ROTATED: Final = frozenset({Purpose.RECORDS, Purpose.FILES, Purpose.SECRETS})


def is_due(row: Key, allowance: Allowance) -> bool:
    """Return whether the key has passed its soft limit (2^30 messages), or its count cannot be relied on."""
    return counting.needs_successor(max(row.usage, allowance.usage)) or continuity.is_from_before(row)


def rotate(organization_id: UUID) -> int:
    """Give every data key of values and files a successor at once; return how many there were.

    New values go under the new keys; what is stored stays under the old ones, which only read. Keys of indexes and of
    values that join are left: what they made is compared with what they will make.

    Raises:
        KeyUnavailable: there is no lease to be had, or a key above is not active.
    """
    keys = Key.objects.for_organization(organization_id).in_environment(conf.environment())
    if not keys.primary(Level.DATA_KEY).filter(purpose__in=ROTATED).exists():
        return 0
    # A lease of this moment: an older one may not know the branches that other processes made.
    process.lose(organization_id)
    lease = acquisition.lease_for(organization_id)
    rows = [row for row in lease.snapshot.of_level(Level.DATA_KEY) if row.primary and row.purpose in ROTATED]
    for row in rows:
        snapshot.require_wrappable(lease.snapshot, row)
    # In one order, so that two rotations at once wait for each other and do not meet crosswise.
    pairs = [(row, _heir(row, lease)) for row in sorted(rows, key=lambda row: row.id)]
    return database.apart(lambda: _hand_over(organization_id, pairs))


def succeed(row: Key, lease: TenantLease) -> bool:
    """Make a successor primary and return whether this call did; the old key stays active and only reads.

    Raises:
        KeyUnavailable: the lease ended, or the service key is not active.
    """
    heir = _heir(row, lease)
    try:
        return bool(database.apart(lambda: _hand_over(row.organization_id, [(row, heir)])))
    except IntegrityError:
        return False


def _heir(row: Key, lease: TenantLease) -> Key:
    parent = lease.snapshot.rows[row.parent_id] if row.parent_id else row
    branch = Branch(Purpose(row.purpose), row.context_label, Algorithm(row.algorithm), row.classification)
    heir = provisioning.draft_child(parent, branch, Level.DATA_KEY, now=timezone.now())
    wrapping.wrap_under(lease.key_of(parent), SecretKey.generate(), heir)
    return heir


def _hand_over(organization_id: UUID, pairs: Sequence[tuple[Key, Key]]) -> int:
    with database.short_transaction():
        done = sum(_replace(row.id, heir) for row, heir in pairs)
        if done:
            revocation.renew_epoch(organization_id, now=timezone.now())
    return done


def _replace(old_id: UUID, heir: Key) -> bool:
    old = Key.objects.select_for_update().get(id=old_id)
    snapshot.check(old.organization_id, [old])
    if not old.primary:
        return False
    old.primary = False
    transitions.reseal(old)
    provisioning.insert(heir)
    old.successor = heir
    transitions.reseal(old)
    details = {"key_id": str(old.id), "successor": str(heir.id)}
    journal.emit("keychain:key:succeed", organization_id=old.organization_id, details=details)
    return True
