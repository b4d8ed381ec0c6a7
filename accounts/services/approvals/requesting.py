"""Ask for something that other people must approve."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import conf
from accounts.approvals import registry
from accounts.approvals.request_hash import request_hash
from accounts.models import ApprovalRequest, ApprovalState
from accounts.services.approvals import events, expiry
from audit.actor import Actor
from audit.catalogue import Event

NONCE_BYTES = 32


class AlreadyRequested(Exception):
    """The same change of the same thing already waits for votes."""


def request(
    *,
    operation: str,
    target: str,
    params: Mapping[str, str | int | bool],
    requester_id: UUID,
    organization_id: UUID,
    reason: str,
    now: datetime,
) -> ApprovalRequest:
    """Write down what is wanted, hash it and open it for votes.

    Raises:
        UnknownOperation: no feature carries this operation out.
        AlreadyRequested: one for the same target is open.
    """
    handler = registry.handler_for(operation)
    wanted = ApprovalRequest(
        organization_id=organization_id,
        operation=operation,
        target=target,
        target_version=handler.current_version(organization_id=organization_id, target=target),
        params=dict(params),
        requester_id=requester_id,
        votes_needed=handler.votes_needed,
        nonce=secrets.token_bytes(NONCE_BYTES),
        expires_at=now + conf.approval_lifetime(),
        reason=reason,
        created_at=now,
    )
    wanted.request_hash = request_hash(wanted)
    _insert(wanted, now)
    return wanted


def _insert(wanted: ApprovalRequest, now: datetime) -> None:
    try:
        with transaction.atomic():
            _make_room(wanted, now)
            wanted.save(force_insert=True)
            events.record(
                Event.APPROVAL_REQUEST,
                wanted,
                actor=Actor.person(wanted.requester_id),
                now=now,
                reason=wanted.reason,
                votes_needed=wanted.votes_needed,
            )
    except IntegrityError as error:
        if "accounts_approval_one_open" not in str(error):
            raise
        raise AlreadyRequested(wanted.operation) from error


def _make_room(wanted: ApprovalRequest, now: datetime) -> None:
    """Close an overdue request for the same thing, which the beat has not come to yet."""
    same = ApprovalRequest.objects.overdue(now).filter(
        organization_id=wanted.organization_id, operation=wanted.operation, target=wanted.target
    )
    for overdue in same.select_for_update():
        expiry.close_as_expired(overdue, now)


def is_open(request: ApprovalRequest, now: datetime) -> bool:
    """Return whether the request can still be voted on."""
    return request.state == ApprovalState.PENDING and not request.has_expired(now)
