"""What pages show of an organization's keychain. Wrapped keys, check values and seals are not in it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from ascend import conf
from ascend.keychain import snapshot
from ascend.keychain.errors import KeyTampered
from ascend.keychain.models import Key, Lease, Revocation
from ascend.keychain.snapshot import Snapshot
from ascend.keychain.states import Level, State, strictest


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key as a page shows it. `short_id` is hexadecimal; `state` is its own, `effective_state` what counts."""

    id: UUID
    parent_id: UUID | None
    level: Level
    purpose: str
    classification: str
    label: str
    short_id: str
    provider_uri: str
    material_id: str
    algorithm: str
    primary: bool
    state: State
    effective_state: State
    created_at: datetime
    activated_at: datetime | None
    deactivated_at: datetime | None
    destroyed_at: datetime | None
    usage: int
    lease_seconds: int | None


@dataclass(frozen=True, slots=True)
class LeaseView:
    """What one process holds; `age_seconds` since it was taken, `left_seconds` until it ends."""

    process: str
    epoch: int
    age_seconds: float
    left_seconds: float
    unwraps: int
    hits: int
    refusals: int


@dataclass(frozen=True, slots=True)
class KeychainView:
    """An organization's whole keychain. `is_intact` is False where a row's seal does not hold."""

    organization_id: UUID
    exists: bool
    state: State
    epoch: int
    reason: str
    fix: str
    suspended_by_person: bool
    changed_at: datetime | None
    probed_at: datetime | None
    is_intact: bool
    lease_seconds: int
    keys: tuple[KeyView, ...]
    leases: tuple[LeaseView, ...]


def keychain(organization_id: UUID) -> KeychainView:
    """Return the organization's keychain, tombstones included, by level and label. Three queries."""
    rows = Key.objects.for_organization(organization_id).in_environment(conf.environment())
    ordered = list(rows.order_by("level", "purpose", "context_label", "created_at"))
    truth = Revocation.objects.filter(organization_id=organization_id).first()
    shot = Snapshot(organization_id, truth, {row.id: row for row in ordered})
    tenant = shot.primary(Level.TENANT_KEY)
    return KeychainView(
        organization_id=organization_id,
        exists=truth is not None,
        state=State(truth.state) if truth else State.ACTIVE,
        epoch=truth.epoch if truth else 0,
        reason=truth.reason if truth else "",
        fix=truth.fix if truth else "",
        suspended_by_person=bool(truth and truth.state == State.SUSPENDED and truth.origin == Revocation.Origin.PERSON),
        changed_at=truth.changed_at if truth else None,
        probed_at=truth.probed_at if truth else None,
        is_intact=_is_intact(shot),
        lease_seconds=(tenant.lease_seconds if tenant else None) or conf.lease_seconds(),
        keys=tuple(_view(shot, row) for row in ordered),
        leases=leases(organization_id),
    )


def leases(organization_id: UUID, *, now: datetime | None = None) -> tuple[LeaseView, ...]:
    """Return the leases that processes hold now, as they last published them."""
    moment = now or timezone.now()
    rows = Lease.objects.filter(organization_id=organization_id, expires_at__gt=moment).order_by("process")
    return tuple(
        LeaseView(
            process=row.process,
            epoch=row.epoch,
            age_seconds=(moment - row.taken_at).total_seconds(),
            left_seconds=(row.expires_at - moment).total_seconds(),
            unwraps=row.unwraps,
            hits=row.hits,
            refusals=row.refusals,
        )
        for row in rows
    )


def _is_intact(shot: Snapshot) -> bool:
    try:
        snapshot.check(shot.organization_id, shot.rows.values())
    except KeyTampered:
        return False
    return True


def _view(shot: Snapshot, row: Key) -> KeyView:
    suspended = shot.revocation is not None and shot.revocation.state == State.SUSPENDED
    effective = shot.effective_state(row)
    return KeyView(
        id=row.id,
        parent_id=row.parent_id,
        level=Level(row.level),
        purpose=row.purpose,
        classification=row.classification,
        label=row.context_label,
        short_id=bytes(row.short_id).hex() if row.short_id is not None else "",
        provider_uri=row.provider_uri,
        material_id=row.material_id,
        algorithm=row.algorithm,
        primary=row.primary,
        state=State(row.state),
        effective_state=strictest([effective, State.SUSPENDED]) if suspended else effective,
        created_at=row.created_at,
        activated_at=row.activated_at,
        deactivated_at=row.deactivated_at,
        destroyed_at=row.destroyed_at,
        usage=row.usage,
        lease_seconds=row.lease_seconds,
    )
