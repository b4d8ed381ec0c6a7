"""Ask a provider for an organization's tenant keys, and find out what a bad answer means.

Spec: docs/spec/keychain.md §8. Nothing here touches the database, so it runs on any thread.
"""

from dataclasses import dataclass
from uuid import UUID

from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SecretKey
from ascend.keychain import clock, wrapping
from ascend.keychain.models import Key
from ascend.keychain.snapshot import Snapshot
from ascend.keychain.states import MAY_UNWRAP, Level
from ascend.providers import probing, registry
from ascend.providers.contract import Integrity, ProviderError


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """What the provider gave, and the boot clock from before it was asked."""

    started_at: float
    tenant_keys: dict[UUID, SecretKey]


def unwrap_tenant_keys(shot: Snapshot) -> Unwrapped:
    """Ask the provider for every tenant key that may unwrap: the primary must, others may fail.

    Raises:
        ProviderError: the provider's answer for the primary tenant key.
        DecryptionFailed: the primary's check value differs.
    """
    started_at = clock.boot_seconds()
    keys: dict[UUID, SecretKey] = {}
    for row in sorted(shot.of_level(Level.TENANT_KEY), key=lambda row: not row.primary):
        if shot.effective_state(row) not in MAY_UNWRAP:
            continue
        try:
            keys[row.id] = _unwrap_tenant_key(shot, row)
        except (ProviderError, DecryptionFailed):
            if row.primary:
                raise
    return Unwrapped(started_at, keys)


def diagnose(shot: Snapshot, error: ProviderError | DecryptionFailed) -> ProviderError | DecryptionFailed:
    """Return what is really wrong: a key that does not unwrap is damaged only if a probe succeeds."""
    master = shot.primary(Level.MASTER_KEY)
    if master is None or not isinstance(error, DecryptionFailed | Integrity):
        return error
    try:
        probing.probe(master.provider_uri, wrapping.probe_context(master))
    except ProviderError as answer:
        return answer
    return error


def _unwrap_tenant_key(shot: Snapshot, row: Key) -> SecretKey:
    master = shot.rows[row.parent_id] if row.parent_id else row
    context = wrapping.provider_context(
        organization_id=row.organization_id, key_id=row.id, level=row.level, purpose=wrapping.WRAP
    )
    provider = registry.provider_for(master.provider_uri)
    key = provider.unwrap(master.provider_uri, bytes(row.wrapped or b""), context)
    wrapping.require_check_value(row, key)
    return key
