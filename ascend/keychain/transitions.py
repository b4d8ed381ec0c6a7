"""Change the state of one key. The row is locked, checked, changed, sealed anew, and every process looks again.

Spec: docs/spec/keychain.md §4.
"""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from ascend import authority, conf, journal
from ascend.conf import LEASE_SECONDS_MAX, LEASE_SECONDS_MIN
from ascend.keychain import database, revocation, seals, snapshot, subject_database
from ascend.keychain.errors import KeyInUse
from ascend.keychain.models import Key, Purpose
from ascend.keychain.states import MAY_BE_PRIMARY, Level, State, check_transition
from ascend.keychain.subject_models import SubjectKey


def change_state(*, key_id: UUID, to: State, now: datetime | None = None) -> Key:
    """Put a key into state `to` and return its row. All processes read the organization's keys anew.

    Raises:
        IllegalTransition: there is no way from its state to `to`.
        KeyTampered: the row is not as this deployment wrote it.
        KeyInUse: it is to be destroyed and other keys hang on it.
        NotAuthorized: it is to be destroyed and the project's authority refuses.
    """
    moment = now or timezone.now()
    with database.short_transaction():
        row = Key.objects.select_for_update().get(id=key_id)
        snapshot.check(row.organization_id, [row])
        check_transition(row.state, to)
        if to == State.DESTROYED:
            _erase(row)
        before, row.state = row.state, to
        row.primary = row.primary and to in MAY_BE_PRIMARY
        _date(row, to, moment)
        reseal(row)
        revocation.renew_epoch(row.organization_id, now=moment)
        details: dict[str, str | int] = {"key_id": str(row.id), "level": row.level, "from": before, "to": to}
        journal.emit("keychain:key:change", organization_id=row.organization_id, details=details)
    return row


def set_lease_seconds(*, organization_id: UUID, seconds: int, now: datetime | None = None) -> Key:
    """Set how long the organization's keys may be used without asking its key store again; 5 to 300 s.

    Raises:
        ValueError: the number is out of range.
        Key.DoesNotExist: the organization has no tenant key yet.
        KeyTampered: the row is not as this deployment wrote it.
    """
    if not LEASE_SECONDS_MIN <= seconds <= LEASE_SECONDS_MAX:
        raise ValueError(f"a lease lasts {LEASE_SECONDS_MIN} to {LEASE_SECONDS_MAX} seconds")
    with database.short_transaction():
        tenants = Key.objects.for_organization(organization_id).in_environment(conf.environment())
        row = tenants.primary(Level.TENANT_KEY).select_for_update().get()
        snapshot.check(organization_id, [row])
        before, row.lease_seconds = row.lease_seconds or conf.lease_seconds(), seconds
        reseal(row)
        revocation.renew_epoch(organization_id, now=now or timezone.now())
        details: dict[str, str | int] = {"key_id": str(row.id), "from_seconds": before, "to_seconds": seconds}
        journal.emit("keychain:lease:set", organization_id=organization_id, details=details)
    return row


def reseal(row: Key) -> None:
    """Write a row that was changed under lock, as its next version. `usage` is not written: it grows elsewhere."""
    row.state_version += 1
    row.seal = seals.seal_of(row)
    names = [column.name for column in Key._meta.concrete_fields if column.name not in {"id", "usage"}]
    row.save(update_fields=names)


def _erase(row: Key) -> None:
    """Take the wrapped bytes from a key on which nothing hangs; backups keep them until they expire."""
    if Key.objects.filter(parent=row).standing().exists() or _has_keys_of_persons(row):
        raise KeyInUse("Other keys are wrapped under this one: destroy or move them first.")
    authority.ask("destroy", organization_id=row.organization_id, key_id=row.id)
    row.wrapped = None


def _has_keys_of_persons(row: Key) -> bool:
    if row.purpose != Purpose.SUBJECTS:
        return False
    children = SubjectKey.objects.using(subject_database.alias()).filter(parent_id=row.id)
    return children.exclude(state=State.DESTROYED).exists()


def _date(row: Key, to: State, moment: datetime) -> None:
    if to == State.ACTIVE:
        row.activated_at = row.activated_at or moment
    elif to == State.DESTROYED:
        row.destroyed_at = moment
    elif to in {State.DEACTIVATED, State.COMPROMISED}:
        row.deactivated_at = row.deactivated_at or moment
