"""Revocations: the one row per organization that decides, and the changes to it.

Spec: docs/spec/keychain.md §9. Each change commits epoch + 1 before it is published (KC-41).
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ascend import journal
from ascend.keychain import broadcast, database, process, seen
from ascend.keychain.errors import UnknownOrganization
from ascend.keychain.models import Revocation
from ascend.keychain.states import State
from ascend.providers.contract import Denied

REASON_CHARACTERS = 500


def read_epochs(organization_ids: Iterable[UUID]) -> dict[UUID, Revocation]:
    """Return the revocations of all these organizations with one query."""
    found = Revocation.objects.in_bulk(list(organization_ids))
    seen.note_epochs(found.values())
    return found


def deny(organization_id: UUID, *, epoch: int, denied: Denied, now: datetime) -> bool:
    """Suspend at a provider's definitive refusal, unless the epoch moved on since the call began.

    Returns whether this call was the one that suspended.
    """
    with database.short_transaction():
        row = _locked(organization_id)
        if row.epoch != epoch or row.state != State.ACTIVE:
            return False
        row.origin, row.gone = Revocation.Origin.PROVIDER, denied.gone
        _write(row, State.SUSPENDED, reason=denied.cause, fix=denied.fix, now=now)
    return True


def restore(organization_id: UUID, *, epoch: int, now: datetime) -> bool:
    """Resume after good probes what a provider's refusal suspended; never what a person did."""
    with database.short_transaction():
        row = _locked(organization_id)
        if row.epoch != epoch or row.state == State.ACTIVE or row.origin != Revocation.Origin.PROVIDER:
            return False
        _write(row, State.ACTIVE, reason="", fix="", now=now)
    return True


def suspend(*, organization_id: UUID, reason: str, fix: str = "", now: datetime | None = None) -> int:
    """Suspend by a person's decision; only `resume` ends it. Return the new epoch.

    Raises:
        UnknownOrganization: it has no keychain.
    """
    with database.short_transaction():
        row = _locked(organization_id)
        row.origin, row.gone = Revocation.Origin.PERSON, False
        _write(row, State.SUSPENDED, reason=reason, fix=fix, now=now or timezone.now())
    return row.epoch


def resume(*, organization_id: UUID, now: datetime | None = None) -> int:
    """End a suspension. If the provider still refuses, the next call suspends again. Return the new epoch."""
    with database.short_transaction():
        row = _locked(organization_id)
        _write(row, State.ACTIVE, reason="", fix="", now=now or timezone.now())
    return row.epoch


def renew_epoch(organization_id: UUID, *, now: datetime) -> None:
    """Make every process read the organization's keys anew. Runs in the caller's transaction."""
    row = _locked(organization_id)
    row.epoch += 1
    row.changed_at = now
    row.save(update_fields=["epoch", "changed_at"])
    _publish_on_commit(organization_id)


def note_probe(organization_id: UUID, *, now: datetime, gone: bool) -> None:
    """Record when the prober last had an answer; no epoch changes by it."""
    Revocation.objects.filter(organization_id=organization_id).update(probed_at=now, gone=gone)


def _locked(organization_id: UUID) -> Revocation:
    row = Revocation.objects.select_for_update().filter(organization_id=organization_id).first()
    if row is None:
        raise UnknownOrganization(f"The organization {organization_id} has no keychain.")
    return row


def _write(row: Revocation, state: State, *, reason: str, fix: str, now: datetime) -> None:
    row.epoch += 1
    row.state = state
    row.reason, row.fix = reason[:REASON_CHARACTERS], fix[:REASON_CHARACTERS]
    row.changed_at = now
    row.save()
    verb = "suspend" if state == State.SUSPENDED else "resume"
    details: dict[str, str | int] = {"epoch": row.epoch, "origin": row.origin}
    if reason:
        details["reason"] = row.reason
    journal.emit(f"keychain:organization:{verb}", organization_id=row.organization_id, details=details)
    _publish_on_commit(row.organization_id)


def _publish_on_commit(organization_id: UUID) -> None:
    # This process knows already; once more after the commit, for a lease taken in between.
    process.lose(organization_id)
    transaction.on_commit(lambda: _publish(organization_id), using=database.alias(), robust=True)


def _publish(organization_id: UUID) -> None:
    process.lose(organization_id)
    broadcast.publish(organization_id)
