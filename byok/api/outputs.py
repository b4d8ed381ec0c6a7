"""What the API answers, as plain dictionaries. Times are ISO 8601 in UTC."""

import json
from typing import Any

from accounts.models import ApprovalRequest
from audit.selectors import EventRow
from byok.models import Acknowledgement, Registration, State
from byok.selectors import registered
from byok.selectors.checks import Line, RunView
from byok.selectors.registered import Registered, Verification
from byok.waivers import STATEMENTS, Waiver


def key(registration: Registration) -> dict[str, Any]:
    """Return one key."""
    is_active = registration.state == State.ACTIVE
    return {
        "id": str(registration.pk),
        "cmk_arn": registration.key_arn,
        "cmk_alias": registration.alias,
        "status": "active" if is_active else "pending",
        "next": registered.next_steps(registration),
    }


def keys(found: Registered) -> dict[str, Any]:
    """Return a key with the one that is under way beside it."""
    return key(found.key) | {"pending": key(found.pending) if found.pending else None}


def verification(found: Verification) -> dict[str, Any]:
    """Return the ladder, and what its owner applies and runs."""
    registration, run = found.registration, found.run
    return {
        "id": str(registration.pk),
        "run": run.number if run else 0,
        "status": _status(run),
        "checks": [_check(line) for line in run.lines] if run else [],
        "proved": registration.proved_at is not None,
        "key_policy": json.loads(found.key_policy),
        "proof_command": found.proof_command,
    }


def _status(run: RunView | None) -> str:
    if run is None:
        return "not-run"
    if run.is_running:
        return "running"
    if run.has_stalled:
        return "stalled"
    return "passed" if run.has_passed else "failed"


def _check(line: Line) -> dict[str, Any]:
    return {
        "title": str(line.title),
        "finding": line.finding.value,
        "cause": line.cause,
        "fix": line.fix,
        "milliseconds": line.milliseconds,
    }


def approval(wanted: ApprovalRequest) -> dict[str, Any]:
    """Return the request that waits for somebody else."""
    return {"approval": {"id": str(wanted.pk), "state": wanted.state, "expires_at": wanted.expires_at}}


def waiver(text: Waiver) -> dict[str, Any]:
    """Return the text that is to be read."""
    return {"version": text.version, "sha256": text.sha256, "text": text.text, "required": list(STATEMENTS)}


def acknowledgement(signed: Acknowledgement) -> dict[str, Any]:
    """Return a signature."""
    return {
        "version": signed.version,
        "sha256": signed.sha256,
        "acknowledged_at": signed.acknowledged_at,
        "acknowledged_by": {"id": str(signed.person_id), "name": signed.typed_name},
    }


def event(row: EventRow) -> dict[str, Any]:
    """Return one event of the log."""
    return {
        "id": str(row.id),
        "at": row.recorded_at,
        "event": row.event,
        "actor": {"id": row.actor_id, "name": row.actor},
        "target": row.target,
        "outcome": row.outcome,
        "reason": row.reason,
        "details": dict(row.details),
    }
