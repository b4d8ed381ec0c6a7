"""Wrap and unwrap the rows of the key table: L2 through its provider, L3 and L4 under their parent.

Spec: docs/spec/keychain.md §6. The check value is compared on every unwrap: no suite commits to its key.
"""

import hmac
from collections.abc import Mapping
from uuid import UUID

from ascend import conf
from ascend.envelope import keywrap
from ascend.envelope.context import KeyContext
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SecretKey, SivKey
from ascend.envelope.suites import Suite
from ascend.keychain.models import Algorithm, Key
from ascend.providers import contract

# A root of HKDF is wrapped as an AES-256-GCM key is; its purpose, also in the context, keeps the two apart.
SUITES: Mapping[str, Suite] = {
    Algorithm.AES_256_GCM: Suite.AES_256_GCM,
    Algorithm.AES_256_SIV: Suite.AES_256_SIV,
    Algorithm.XAES_256_GCM: Suite.XAES_256_GCM,
    Algorithm.HKDF_SHA_256: Suite.AES_256_GCM,
}
WRAP = "wrap"
PROBE = "probe"


def provider_context(*, organization_id: UUID, key_id: UUID, level: int, purpose: str) -> dict[str, str]:
    """Return the encryption context of a provider call: ids and fixed words, since its log is not ours."""
    return {
        contract.ORGANIZATION: str(organization_id),
        contract.DEPLOYMENT: conf.deployment(),
        contract.ENVIRONMENT: conf.environment(),
        contract.KEY: str(key_id),
        contract.LEVEL: str(level),
        contract.PURPOSE: purpose,
    }


def key_context(row: Key) -> KeyContext:
    """Return what the wrapped bytes of an L3 or L4 are bound to."""
    if row.parent_id is None:
        raise ValueError("a master key is not wrapped")
    return KeyContext(
        deployment=conf.deployment(),
        environment=row.environment,
        organization_id=row.organization_id,
        key_id=row.id,
        level=row.level,
        purpose=row.purpose,
        parent_id=row.parent_id,
        algorithm=SUITES[row.algorithm],
        classification=row.classification,
        context_label=row.context_label,
    )


def new_key(algorithm: str) -> SecretKey | SivKey:
    """Return a new key of the length that `algorithm` takes."""
    return SivKey.generate() if algorithm == Algorithm.AES_256_SIV else SecretKey.generate()


def wrap_under(parent: SecretKey, key: SecretKey | SivKey, row: Key) -> None:
    """Put `key`, wrapped under `parent`, into an L3 or L4 row that is otherwise complete."""
    row.wrapped = keywrap.wrap_key(kek=parent, key=key, context=key_context(row))
    row.check_value = key.check_value()


def unwrap_under(parent: SecretKey, row: Key) -> SecretKey:
    """Return the key of an L3 or L4 row.

    Raises:
        DecryptionFailed: the bytes are damaged or of another row, or the check value differs.
    """
    key = keywrap.unwrap_key(kek=parent, wrapped=bytes(row.wrapped or b""), context=key_context(row))
    require_check_value(row, key)
    return key


def unwrap_siv_under(parent: SecretKey, row: Key) -> SivKey:
    """Return the key of an L4 row of suite 02, of 512 bits; raises as `unwrap_under` does."""
    key = keywrap.unwrap_siv_key(kek=parent, wrapped=bytes(row.wrapped or b""), context=key_context(row))
    require_check_value(row, key)
    return key


def require_check_value(row: Key, key: SecretKey | SivKey) -> None:
    """Return if `key` is the one that the row was made for.

    Raises:
        DecryptionFailed: it is another.
    """
    if not hmac.compare_digest(bytes(row.check_value or b""), key.check_value()):
        raise DecryptionFailed


def probe_context(master: Key) -> dict[str, str]:
    """Return the encryption context of a probe of an L1."""
    return provider_context(organization_id=master.organization_id, key_id=master.id, level=master.level, purpose=PROBE)
