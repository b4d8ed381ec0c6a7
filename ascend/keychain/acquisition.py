"""Take a lease: read what the database says, ask the provider, look again, install.

Spec: docs/spec/keychain.md §8. The clock is read before the provider is asked, and the epoch on both sides
of the call: whatever happens meanwhile, the lease is not longer than it may be (KC-32, KC-34).
"""

from collections.abc import Callable
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from ascend import conf, journal
from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import asking, database, process, provisioning, revocation, snapshot
from ascend.keychain.errors import KeyDamaged, KeySuspended, KeyTampered, KeyUnavailable
from ascend.keychain.leases import TenantLease, damaged
from ascend.keychain.models import Key
from ascend.keychain.process import Tenancy
from ascend.keychain.snapshot import Snapshot
from ascend.keychain.states import Level
from ascend.providers.contract import Denied, Integrity, Operator, ProviderError, Transient

REMEMBER_REFUSAL_SECONDS = 1.0
SUSPENDED_REFUSAL_SECONDS = 2.0
OPERATOR_RETRY_SECONDS = 30
ATTEMPTS = 3

before_first_lease: list[Callable[[], None]] = []


class _Overtaken(KeyUnavailable):
    """What the provider gave is void: the epoch moved on, or this process dropped its lease."""


def lease_for(organization_id: UUID) -> TenantLease:
    """Return a valid lease, taking one if there is none. One query-free look where there is one.

    Raises:
        KeyUnavailable: there is none to be had, with the cause.
    """
    tenancy = process.tenancy(organization_id)
    return tenancy.valid_lease() or _take(tenancy)


def give_up(lease: TenantLease) -> None:
    """Take this lease away, if it still is the one in force; the next call takes a new one."""
    process.tenancy(lease.organization_id).drop(lease)


def refuse(tenancy: Tenancy, shot: Snapshot, error: ProviderError | DecryptionFailed) -> KeyUnavailable:
    """Do what the diagnosed answer calls for, and return what the caller is told."""
    if isinstance(error, Denied):
        return _deny(tenancy, shot, error)
    if isinstance(error, Integrity | DecryptionFailed):
        tenancy.drop()
        return damaged(shot.primary(Level.TENANT_KEY) or shot.of_level(Level.MASTER_KEY)[0])
    return _unavailable(shot.organization_id, error)


def note(tenancy: Tenancy, refusal: KeyUnavailable) -> None:
    """Count a refusal, remember it for a moment, and tell the journal of what is new and grave."""
    tenancy.refusals += 1
    is_news = type(refusal) is not type(tenancy.refusal)
    waits = isinstance(refusal, KeySuspended)
    tenancy.refuse(refusal, for_seconds=SUSPENDED_REFUSAL_SECONDS if waits else REMEMBER_REFUSAL_SECONDS)
    if is_news and isinstance(refusal, KeyTampered | KeyDamaged):
        event = f"keychain:key:{'tampered' if isinstance(refusal, KeyTampered) else 'damaged'}"
        details = {"reason": refusal.reason}
        database.apart(lambda: journal.emit(event, organization_id=refusal.organization_id, details=details))


def lease_seconds(tenant: Key) -> int:
    """Return the length of the organization's leases in seconds."""
    return tenant.lease_seconds or conf.lease_seconds()


def _take(tenancy: Tenancy) -> TenantLease:
    with tenancy.taking:
        lease = tenancy.valid_lease()
        if lease is not None:
            return lease
        tenancy.raise_remembered()
        for prepare in before_first_lease:
            prepare()
        tenancy.drop()
        try:
            return _taken_in_time(tenancy)
        except KeyUnavailable as refusal:
            note(tenancy, refusal)
            raise


def _taken_in_time(tenancy: Tenancy) -> TenantLease:
    for _attempt in range(ATTEMPTS - 1):
        try:
            return _taken(tenancy)
        except _Overtaken:
            continue
    return _taken(tenancy)


def _taken(tenancy: Tenancy) -> TenantLease:
    organization_id, generation = tenancy.organization_id, tenancy.generation
    shot = _standing_snapshot(organization_id)
    tenant = shot.primary(Level.TENANT_KEY)
    if tenant is None or shot.revocation is None:
        raise _unavailable(organization_id, Operator("No tenant key could be made.", "Look into the log."))
    try:
        unwrapped = asking.unwrap_tenant_keys(shot)
    except (ProviderError, DecryptionFailed) as error:
        raise refuse(tenancy, shot, asking.diagnose(shot, error)) from error
    tenancy.unwraps += len(unwrapped.tenant_keys)
    epoch = shot.revocation.epoch
    _require_unchanged(organization_id, epoch)
    lease = TenantLease(
        shot, unwrapped.tenant_keys, epoch=epoch, taken_at=unwrapped.started_at, seconds=lease_seconds(tenant)
    )
    if not lease.is_valid:
        reason = _("The key store took longer to answer than a lease lasts.")
        raise KeyUnavailable(organization_id, reason, _("Try again."), 1)
    if not tenancy.install(lease, generation=generation):
        raise _overtaken(organization_id)
    return lease


def _standing_snapshot(organization_id: UUID) -> Snapshot:
    shot = database.apart(lambda: snapshot.read(organization_id))
    snapshot.require_in_force(shot)
    if shot.primary(Level.TENANT_KEY) is None or shot.revocation is None:
        try:
            provisioning.provision(organization_id)
        except ProviderError as error:
            raise _unavailable(organization_id, error) from error
        shot = database.apart(lambda: snapshot.read(organization_id))
        snapshot.require_in_force(shot)
    return shot


def _require_unchanged(organization_id: UUID, epoch: int) -> None:
    now = database.apart(lambda: revocation.read_epochs([organization_id])).get(organization_id)
    refusal = snapshot.refusal_of(organization_id, now)
    if refusal is not None:
        raise refusal
    if now is None or now.epoch != epoch:
        raise _overtaken(organization_id)


def _deny(tenancy: Tenancy, shot: Snapshot, denied: Denied) -> KeyUnavailable:
    epoch = shot.revocation.epoch if shot.revocation is not None else 0
    tenancy.drop()
    database.apart(lambda: revocation.deny(shot.organization_id, epoch=epoch, denied=denied, now=timezone.now()))
    return KeySuspended(shot.organization_id, denied.cause, denied.fix)


def _unavailable(organization_id: UUID, error: ProviderError) -> KeyUnavailable:
    if isinstance(error, Denied):
        return KeySuspended(organization_id, error.cause, error.fix)
    wait = error.retry_after_seconds if isinstance(error, Transient) else OPERATOR_RETRY_SECONDS
    return KeyUnavailable(organization_id, error.cause, error.fix, wait)


def _overtaken(organization_id: UUID) -> _Overtaken:
    reason = _("The organization's keys changed while a lease was taken.")
    return _Overtaken(organization_id, reason, _("Try again."), 1)
