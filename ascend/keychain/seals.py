"""The authentication of the key table (spec: keychain §5).

Whoever can write to the database could insert a master key of their own with a chain they know,
or revive a destroyed key. So every row carries an HMAC under a key that the database never sees.
"""

import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ascend import conf
from ascend.envelope.context import length_prefixed
from ascend.keychain.models import Key

DOMAIN = b"ascend/seal/v1"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ABSENT = b"\x00"
PRESENT = b"\x01"


def seal_of(key: Key) -> bytes:
    """Return the seal that the row must carry: HMAC-SHA-256 over all columns but `usage` and `seal`.

    `usage` grows without this process (a trigger lets it only grow).
    """
    return hmac.digest(conf.registry_key(), canonical_bytes(key), "sha256")


def is_intact(key: Key) -> bool:
    """Return whether the row is as a holder of the registry key wrote it."""
    return hmac.compare_digest(bytes(key.seal), seal_of(key))


def canonical_bytes(key: Key) -> bytes:
    """Return the row as bytes, each part with its length, absent apart from empty (KC-20)."""
    return length_prefixed(
        DOMAIN,
        key.id.bytes,
        _integer(key.level),
        key.organization_id.bytes,
        _identifier(key.parent_id),
        key.purpose.encode(),
        key.algorithm.encode(),
        key.context_label.encode(),
        key.provider_uri.encode(),
        key.state.encode(),
        _integer(key.state_version),
        _integer(int(key.primary)),
        _identifier(key.successor_id),
        _integer(key.lease_seconds),
        _octets(key.approval_hash),
        key.environment.encode(),
        key.classification.encode(),
        _octets(key.short_id),
        _octets(key.wrapped),
        _octets(key.check_value),
        key.material_id.encode(),
        key.provider_request_id.encode(),
        *(_moment(moment) for moment in (key.created_at, key.activated_at, key.deactivated_at, key.destroyed_at)),
    )


def _octets(value: bytes | memoryview | None) -> bytes:
    return ABSENT if value is None else PRESENT + bytes(value)


def _integer(value: int | None) -> bytes:
    return ABSENT if value is None else PRESENT + value.to_bytes(8, "big")


def _identifier(value: UUID | None) -> bytes:
    return ABSENT if value is None else PRESENT + value.bytes


def _moment(value: datetime | None) -> bytes:
    # Signed: nobody writes a date before 1970, but a tampered row must end as one and not as an OverflowError.
    return ABSENT if value is None else PRESENT + ((value - EPOCH) // MICROSECOND).to_bytes(8, "big", signed=True)
