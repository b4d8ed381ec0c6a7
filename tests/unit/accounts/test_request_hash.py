"""The hash that votes are cast on is what docs/spec/approvals.md says, byte for byte."""

import hashlib
import json
from datetime import UTC, datetime
from uuid import UUID

from accounts.approvals.request_hash import request_hash
from accounts.models import ApprovalRequest

REQUEST = ApprovalRequest(
    id=UUID("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"),
    organization_id=UUID("bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"),
    operation="byok:lease:change",
    target="bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb",
    target_version="3",
    params={"to_seconds": 10, "from_seconds": 30},
    requester_id=UUID("cccccccc-cccc-4ccc-8ccc-cccccccccccc"),
    votes_needed=1,
    nonce=bytes(range(32)),
    reason="früher halten",
    expires_at=datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
)
TERMS = {
    "deployment": "tests",
    "expires": "2026-11-25T09:30:00.000000+00:00",
    "m": 1,
    "nonce": bytes(range(32)).hex(),
    "op": "byok:lease:change",
    "organization": "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb",
    "params": {"from_seconds": 30, "to_seconds": 10},
    "reason": "früher halten",
    "request": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
    "requester": "cccccccc-cccc-4ccc-8ccc-cccccccccccc",
    "target": "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb",
    "version": "3",
}


def test_it_is_sha256_over_the_domain_and_the_canonical_terms(settings):
    settings.ASCEND_DEPLOYMENT = "tests"
    canonical = json.dumps(TERMS, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert request_hash(REQUEST) == hashlib.sha256(b"ascend/approval/v1" + canonical).digest()


def test_it_has_not_changed_since_version_1(settings):
    settings.ASCEND_DEPLOYMENT = "tests"
    assert request_hash(REQUEST).hex() == "dee94b92ce8924449c01ce6cdacf1f3137f2f05cb7bc068ce5b7bdf6fac96135"
