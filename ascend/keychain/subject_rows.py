"""One row of the key database: its seal, and its key wrapped under the organization's service key.

Spec: docs/spec/keychain.md §12. Both bind the person: a row or wrapped bytes that were moved to another person do
not pass.
"""

import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from ascend import conf
from ascend.envelope import keywrap
from ascend.envelope.context import KeyContext, length_prefixed
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SecretKey
from ascend.envelope.suites import Suite
from ascend.keychain import short_ids
from ascend.keychain.errors import KeyDamaged, KeyTampered
from ascend.keychain.models import Algorithm, Purpose
from ascend.keychain.states import Level
from ascend.keychain.subject_models import SubjectKey

DOMAIN = b"ascend/subject-key/v1"
CLASSIFICATION = "personal"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ABSENT = b"\x00"
PRESENT = b"\x01"


def draft(organization_id: UUID, subject_id: UUID, parent_id: UUID, *, now: datetime) -> SubjectKey:
    """Return a new primary row, not yet wrapped or sealed."""
    return SubjectKey(
        organization_id=organization_id, environment=conf.environment(), subject_id=subject_id, parent_id=parent_id,
        short_id=short_ids.of_subject_key(), algorithm=Algorithm.XAES_256_GCM, created_at=now,
    )  # fmt: skip


def wrap(parent: SecretKey, key: SecretKey, row: SubjectKey) -> None:
    """Put `key`, wrapped under `parent`, into a row that is otherwise complete, and seal the row."""
    row.wrapped = keywrap.wrap_key(kek=parent, key=key, context=_context(row))
    row.check_value = key.check_value()
    row.seal = seal_of(row)


def unwrap(parent: SecretKey, row: SubjectKey) -> SecretKey:
    """Return the key of a row.

    Raises:
        KeyDamaged: the bytes are damaged or of another row, or the check value differs.
    """
    try:
        key = keywrap.unwrap_key(kek=parent, wrapped=bytes(row.wrapped or b""), context=_context(row))
    except DecryptionFailed as error:
        raise _damaged(row) from error
    if not hmac.compare_digest(bytes(row.check_value), key.check_value()):
        raise _damaged(row)
    return key


def reseal(row: SubjectKey) -> None:
    """Make a changed row its next version, sealed; it is not saved."""
    row.state_version += 1
    row.seal = seal_of(row)


def check(rows: Iterable[SubjectKey]) -> None:
    """Return if every row bears its seal.

    Raises:
        KeyTampered: naming the first row that does not.
    """
    for row in rows:
        if not hmac.compare_digest(bytes(row.seal), seal_of(row)):
            reason = _("Row %(id)s of the key database is not as this portal wrote it.") % {"id": row.id}
            fix = _("Check ASCEND_REGISTRY_KEY; if it is right, find out who can write to the key database.")
            raise KeyTampered(row.organization_id, reason, fix)


def seal_of(row: SubjectKey) -> bytes:
    """Return the seal that the row must carry: HMAC-SHA-256 under the registry key over all columns but `seal`."""
    return hmac.digest(conf.registry_key(), _canonical_bytes(row), "sha256")


def _canonical_bytes(row: SubjectKey) -> bytes:
    return length_prefixed(
        DOMAIN,
        row.id.bytes,
        row.organization_id.bytes,
        row.environment.encode(),
        row.subject_id.bytes,
        row.parent_id.bytes,
        bytes(row.short_id),
        ABSENT if row.wrapped is None else PRESENT + bytes(row.wrapped),
        bytes(row.check_value),
        row.algorithm.encode(),
        b"\x01" if row.primary else b"\x00",
        row.state.encode(),
        row.state_version.to_bytes(8, "big"),
        _moment(row.created_at),
        _moment(row.destroyed_at),
    )


def _context(row: SubjectKey) -> KeyContext:
    return KeyContext(
        deployment=conf.deployment(),
        environment=row.environment,
        organization_id=row.organization_id,
        key_id=row.id,
        level=Level.DATA_KEY,
        purpose=Purpose.SUBJECTS,
        parent_id=row.parent_id,
        algorithm=Suite.XAES_256_GCM,
        classification=CLASSIFICATION,
        context_label=f"subject:{row.subject_id}",
    )


def _moment(value: datetime | None) -> bytes:
    return ABSENT if value is None else PRESENT + ((value - EPOCH) // MICROSECOND).to_bytes(8, "big", signed=True)


def _damaged(row: SubjectKey) -> KeyDamaged:
    reason = _("The wrapped key %(id)s of a person does not open.") % {"id": row.id}
    fix = _("Restore its row from a backup of the key database, and check this process's deployment id.")
    return KeyDamaged(row.organization_id, reason, fix)
