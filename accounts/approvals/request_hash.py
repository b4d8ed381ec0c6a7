"""The hash that a vote is cast on: everything that a request says, and nothing that may change."""

import hashlib
from datetime import UTC
from hmac import compare_digest

import rfc8785

from accounts.models import ApprovalRequest
from ascend import conf

DOMAIN = b"ascend/approval/v1"


class RequestAltered(Exception):
    """The row no longer says what its hash covers: somebody wrote to the database."""


def request_hash(request: ApprovalRequest) -> bytes:
    """Return SHA-256(DOMAIN ‖ RFC 8785 JSON of the request's terms), 32 bytes.

    The deployment comes from the process's settings: a request copied into another deployment's
    database has another hash there.
    """
    terms = {
        "deployment": conf.deployment(),
        "organization": str(request.organization_id),
        "request": str(request.pk),
        "op": request.operation,
        "target": request.target,
        "version": request.target_version,
        "params": request.params,
        "requester": str(request.requester_id),
        "m": request.votes_needed,
        "nonce": bytes(request.nonce).hex(),
        "reason": request.reason,
        "expires": request.expires_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    return hashlib.sha256(DOMAIN + rfc8785.dumps(terms)).digest()


def check_unaltered(request: ApprovalRequest) -> None:
    """Return if the row still says what was hashed when it was made.

    Raises:
        RequestAltered: it does not.
    """
    if not compare_digest(bytes(request.request_hash), request_hash(request)):
        raise RequestAltered(str(request.pk))
