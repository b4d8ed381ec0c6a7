"""Put an organization under another master key: its own from the first value on, or a successor of its own.

Spec: docs/spec/keychain.md §13, ADR 0089.

A *successor* of the same owner re-wraps the tenant keys and touches nothing below them. A *change of owner* needs new
keys all the way down, since the old owner's key opens the old tenant key in every backup; it is possible here only
before the first value. The provider is called first; then one short transaction holds the old keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from ascend import conf, journal
from ascend.keychain import database, provisioning, revocation, snapshot, subject_database, transitions, wrapping
from ascend.keychain.errors import KeyInUse
from ascend.keychain.models import Algorithm, Key, Purpose, Revocation
from ascend.keychain.snapshot import Snapshot
from ascend.keychain.states import MAY_UNWRAP, Level, State
from ascend.keychain.subject_models import SubjectKey
from ascend.providers import registry
from ascend.providers.contract import Wrapped


@dataclass(frozen=True, slots=True)
class Adoption:
    """A new master key and its tenant key, wrapped and not yet written."""

    master: Key
    tenant: Key


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """A tenant key under another master key: its id, the version that was read, and the new wrap."""

    key_id: UUID
    state_version: int
    wrapped: Wrapped


def has_values(organization_id: UUID) -> bool:
    """Return whether any key for values was ever made: without one there is no value, no file and no index."""
    if Key.objects.for_organization(organization_id).filter(level=Level.DATA_KEY).exists():
        return True
    if not conf.key_database():
        return False
    return SubjectKey.objects.using(subject_database.alias()).filter(organization_id=organization_id).exists()


def prepare_adoption(*, organization_id: UUID, provider_uri: str, now: datetime) -> Adoption:
    """Make a tenant key under `provider_uri`. Nothing is written.

    Raises:
        ProviderError: the provider refused or could not answer.
    """
    adoption = draft_adoption(organization_id, provider_uri, now)
    made = registry.provider_for(provider_uri).generate(provider_uri, _wrap_context(adoption.tenant))
    adoption.tenant.check_value = made.key.check_value()
    put_wrap(adoption.tenant, made.wrapped)
    return adoption


def draft_adoption(
    organization_id: UUID, provider_uri: str, now: datetime, *, tenant_id: UUID | None = None
) -> Adoption:
    """Return the two rows without a wrapped key. A wrap is bound to the tenant key's id, which may be given."""
    master = _draft_master(organization_id, provider_uri, now)
    tenant = provisioning.draft(
        organization_id, Level.TENANT_KEY, parent=master, now=now,
        purpose=Purpose.TENANT, algorithm=Algorithm.AES_256_GCM,
    )  # fmt: skip
    tenant.id = tenant_id or tenant.id
    return Adoption(master, tenant)


def adopt(adoption: Adoption, *, now: datetime) -> Key:
    """Make the new chain the organization's, and return its master key. Call it in a transaction.

    Raises:
        KeyInUse: a key for values was made meanwhile; nothing is written.
        KeyTampered: a row is not as this deployment wrote it.
    """
    organization_id = adoption.master.organization_id
    # While these are held nobody makes a key for values under them, and afterwards they take none any more.
    _retire(_held(organization_id, Level.MASTER_KEY, Level.TENANT_KEY, Level.SERVICE_KEY), now)
    if has_values(organization_id):
        raise KeyInUse(
            _("Values are protected under the present keys already. Moving them needs a re-encryption of all values.")
        )
    Revocation.objects.get_or_create(organization_id=organization_id, defaults={"changed_at": now})
    for row in (adoption.master, adoption.tenant):
        provisioning.insert(row)
    revocation.renew_epoch(organization_id, now=now)
    return adoption.master


def prepare_rewrap(*, organization_id: UUID, provider_uri: str) -> Sequence[Rewrapped]:
    """Wrap every tenant key that may be used under the master key `provider_uri`. Nothing is written.

    Raises:
        ProviderError: one of the two key stores refused or could not answer.
        DecryptionFailed: a tenant key is not the one that its row was made for.
    """
    shot = database.apart(lambda: snapshot.read(organization_id))
    tenants = [row for row in shot.of_level(Level.TENANT_KEY) if shot.effective_state(row) in MAY_UNWRAP]
    return [Rewrapped(row.id, row.state_version, _wrapped_anew(shot, row, provider_uri)) for row in tenants]


def succeed_master(*, organization_id: UUID, provider_uri: str, rewrapped: Sequence[Rewrapped], now: datetime) -> Key:
    """Put the tenant keys under the new master key and return it; the old one is deactivated. Call it in a transaction.

    Raises:
        KeyInUse: a tenant key was changed or added since it was re-wrapped; nothing is written.
        KeyTampered: a row is not as this deployment wrote it.
    """
    by_id = {each.key_id: each for each in rewrapped}
    tenants = [row for row in _held(organization_id, Level.TENANT_KEY) if row.state in MAY_UNWRAP]
    if any(row.id not in by_id or by_id[row.id].state_version != row.state_version for row in tenants):
        raise KeyInUse(_("The tenant keys were changed meanwhile. Try again."))
    old = _held(organization_id, Level.MASTER_KEY)
    master = _draft_master(organization_id, provider_uri, now)
    for row in old:
        row.successor_id = master.id
    _retire(old, now)
    provisioning.insert(master)
    for row in tenants:
        row.parent = master
        put_wrap(row, by_id[row.id].wrapped)
        transitions.reseal(row)
        _tell("keychain:key:rewrap", row)
    revocation.renew_epoch(organization_id, now=now)
    return master


def _held(organization_id: UUID, *levels: Level) -> list[Key]:
    """Return the standing keys of `levels`, checked, and locked until the transaction ends."""
    keys = Key.objects.for_organization(organization_id).in_environment(conf.environment()).standing()
    rows = list(keys.filter(level__in=levels).select_for_update().order_by("level", "created_at"))
    snapshot.check(organization_id, rows)
    return rows


def _retire(rows: Sequence[Key], now: datetime) -> None:
    for row in rows:
        if row.state != State.ACTIVE:
            continue
        row.state, row.primary, row.deactivated_at = State.DEACTIVATED, False, now
        transitions.reseal(row)
        _tell("keychain:key:change", row)


def _wrapped_anew(shot: Snapshot, row: Key, provider_uri: str) -> Wrapped:
    old_uri = shot.rows[row.parent_id].provider_uri if row.parent_id else ""
    context = _wrap_context(row)
    key = registry.provider_for(old_uri).unwrap(old_uri, bytes(row.wrapped or b""), context)
    wrapping.require_check_value(row, key)
    return registry.provider_for(provider_uri).wrap(provider_uri, key, context)


def _draft_master(organization_id: UUID, provider_uri: str, now: datetime) -> Key:
    return provisioning.draft(
        organization_id, Level.MASTER_KEY, parent=None, now=now,
        purpose=Purpose.MASTER, algorithm=Algorithm.PROVIDER, provider_uri=provider_uri,
    )  # fmt: skip


def _wrap_context(row: Key) -> dict[str, str]:
    return wrapping.provider_context(
        organization_id=row.organization_id, key_id=row.id, level=row.level, purpose=wrapping.WRAP
    )


def put_wrap(row: Key, wrapped: Wrapped) -> None:
    """Put what a provider returned into a tenant key's row, which is not saved by it."""
    row.wrapped = wrapped.ciphertext
    row.material_id, row.provider_request_id = wrapped.material_id, wrapped.request_id


def _tell(event: str, row: Key) -> None:
    journal.emit(
        event,
        organization_id=row.organization_id,
        details={"key_id": str(row.id), "level": row.level, "to": row.state},
    )
