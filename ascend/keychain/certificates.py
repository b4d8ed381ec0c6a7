"""The certificate of a crypto-shredding: what is unreadable since when, where it is not yet, and who approved it.

Spec: docs/spec/keychain.md §12. It is authenticated by an HMAC under the registry key: whoever runs the deployment
can verify it, and nobody who reads the database can make one.
"""

import hmac
import json
from datetime import UTC, datetime
from typing import Any

from ascend import conf
from ascend.envelope.context import length_prefixed
from ascend.keychain import shred_rows
from ascend.keychain.errors import CertificateInvalid, NotYetCompleted
from ascend.keychain.models import Algorithm
from ascend.keychain.subject_models import Shred

TYPE = "ascend/shred-certificate/v1"
AUTHENTICATION = "HMAC-SHA-256 under the deployment's registry key"


def issue(record: Shred) -> dict[str, Any]:
    """Return the certificate of a completed shredding; the same one whenever it is asked for.

    Raises:
        NotYetCompleted: the shredding has not ended.
        KeyTampered: its record is not as this deployment wrote it.
    """
    shred_rows.check(record)
    if record.step != Shred.Step.COMPLETED:
        raise NotYetCompleted(f"The shredding {record.id} has not ended yet: run `manage.py shred --resume`.")
    statement = _statement(record)
    return {**statement, "authentication": {"algorithm": AUTHENTICATION, "value": _authentication(statement).hex()}}


def verify(text: str | bytes) -> dict[str, Any]:
    """Return the statement of a certificate that this deployment issued.

    Raises:
        CertificateInvalid: it is none, or a character of it was changed.
    """
    try:
        certificate = json.loads(text)
        statement = {name: value for name, value in certificate.items() if name != "authentication"}
        value = bytes.fromhex(certificate["authentication"]["value"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CertificateInvalid("This is not a certificate of a shredding.") from None
    if statement.get("type") != TYPE or not hmac.compare_digest(value, _authentication(statement)):
        raise CertificateInvalid("This certificate was changed, or another deployment issued it.")
    return statement


def to_text(certificate: dict[str, Any]) -> str:
    """Return the certificate as canonical JSON: names sorted, no white space, ASCII."""
    return shred_rows.canonical_json(certificate).decode()


def _statement(record: Shred) -> dict[str, Any]:
    has_residue = any(table["cleared"] for table in record.tables)
    return {
        "type": TYPE,
        "id": str(record.id),
        "deployment": conf.deployment(),
        "environment": record.environment,
        "organization": str(record.organization_id),
        "person": str(record.subject_id),
        "keys": [
            {"id": str(key.key_id), "short_id": bytes(key.short_id).hex(), "algorithm": Algorithm.XAES_256_GCM.label}
            for key in shred_rows.keys_of(record)
        ],
        "approved_by": record.approved_by,
        "reason": record.reason,
        "requested_at": _text(record.requested_at),
        "key_erased_at": _text(record.erased_at),
        "completed_at": _text(record.completed_at),
        "unreadable_live_since": _text(shred_rows.unreadable_since(record)),
        "unreadable_in_backups_since": _text(shred_rows.unreadable_in_backups_since(record)),
        "index_values_in_backups_until": _text(shred_rows.index_residue_until(record)) if has_residue else None,
        "key_backup_retention_days": record.key_retention_days,
        "data_backup_retention_days": record.data_retention_days,
        "tables": record.tables,
    }


def _authentication(statement: dict[str, Any]) -> bytes:
    message = length_prefixed(TYPE.encode(), shred_rows.canonical_json(statement))
    return hmac.digest(conf.registry_key(), message, "sha256")


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
