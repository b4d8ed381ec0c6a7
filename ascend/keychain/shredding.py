"""Crypto-shredding: destroy the key of one person, so that what it sealed is read by nobody any more.

Spec: docs/spec/keychain.md §12. Two databases cannot commit together, so the order is fixed and each step can be
done again: the main database remembers the decision (from then on no process opens the key), the key database
erases the key, the main database clears the index columns, and after the last lease and the last transaction that
could have written under the key they are cleared once more. Only then is the shredding completed.
"""

from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from ascend import authority, conf, journal
from ascend.keychain import (
    acquisition,
    database,
    revocation,
    shred_rows,
    subject_database,
    subject_provisioning,
    subject_rows,
    write_fences,
)
from ascend.keychain.errors import NotShreddable, NotYetCompleted, UnknownSubject
from ascend.keychain.models import Key
from ascend.keychain.shred_rows import TableReport
from ascend.keychain.states import Level, State
from ascend.keychain.subject_models import Shred, ShreddedKey, SubjectKey


class Tables(Protocol):
    """The tables with values of persons: the fields know them, and put themselves here when the app is ready."""

    def databases(self) -> set[str]:
        """Return the aliases of the databases that they are in."""

    def values_under_other_keys(self, organization_id: UUID, subject_id: UUID) -> dict[str, int]:
        """Return, by column, how many of the person's values are not under a key of the person."""

    def clear_indexes(self, organization_id: UUID, subject_id: UUID) -> list[TableReport]:
        """Set every blind-index column of the person's rows to NULL, and say what was found."""


tables: Tables | None = None


def shred(
    *, organization_id: UUID, subject_id: UUID, approved_by: str, reason: str = "", now: datetime | None = None
) -> Shred:
    """Destroy the person's key. The record that is returned is completed by `resume`, a lease later.

    A second call goes on with a shredding that was interrupted, and changes nothing about one that was not.

    Raises:
        UnknownSubject: the organization has no key of this person.
        NotShreddable: values of the person are under other keys, which would go on opening them.
        NotAuthorized: the project's authority refuses.
        KeyTampered: a row is not as this deployment wrote it.
    """
    moment = now or timezone.now()
    latest = _latest(organization_id, subject_id)
    standing = _standing_keys(organization_id, subject_id)
    if latest is not None and (latest.step != Shred.Step.COMPLETED or not standing):
        return advance(latest, now=moment)
    if not standing:
        raise UnknownSubject(f"The organization {organization_id} has no key of the person {subject_id}.")
    authority.ask("shred", organization_id=organization_id, key_id=standing[0].id)
    _require_own_keys_only(organization_id, subject_id)
    record = draft(organization_id, subject_id, approved_by=approved_by, reason=reason, now=moment)
    try:
        _request(record, standing, moment)
    except IntegrityError:  # somebody else shreds the same person at this moment
        record = _latest(organization_id, subject_id) or record
    return advance(record, now=moment)


def resume(*, now: datetime | None = None) -> list[Shred]:
    """Go on with every shredding that is not completed, and return them."""
    unfinished = Shred.objects.filter(environment=conf.environment()).exclude(step=Shred.Step.COMPLETED)
    return [advance(record, now=now) for record in unfinished.order_by("requested_at")]


def advance(record: Shred, *, now: datetime | None = None) -> Shred:
    """Take one shredding as far as it may go now, and return it."""
    moment = now or timezone.now()
    shred_rows.check(record)
    if record.step == Shred.Step.REQUESTED:
        record = _erase(record, moment)
    if record.step == Shred.Step.ERASED and moment >= shred_rows.unreadable_since(record):
        record = _complete(record, moment)
    return record


def renew(*, organization_id: UUID, subject_id: UUID, approved_by: str, now: datetime | None = None) -> None:
    """Give a person whose key was destroyed a new one. What the old one sealed stays unreadable.

    Raises:
        UnknownSubject: the person's key was never destroyed.
        NotYetCompleted: the shredding has not ended yet.
        NotAuthorized: the project's authority refuses.
    """
    latest = _latest(organization_id, subject_id)
    if latest is None:
        raise UnknownSubject(f"No key of the person {subject_id} was destroyed.")
    if latest.step != Shred.Step.COMPLETED:
        raise NotYetCompleted(f"The shredding {latest.id} has not ended yet.")
    key_id = latest.keys.values_list("key_id", flat=True).first() or latest.id
    authority.ask("renew", organization_id=organization_id, key_id=key_id)
    made = subject_provisioning.find_or_make(organization_id, [subject_id], is_renewal=True).rows[0]
    with database.short_transaction():
        revocation.renew_epoch(organization_id, now=now or timezone.now())
        details: dict[str, str | int] = {"key_id": str(made.id), "subject_id": str(subject_id), "by": approved_by}
        journal.emit("keychain:shred:renew", organization_id=organization_id, details=details)


def _latest(organization_id: UUID, subject_id: UUID) -> Shred | None:
    shreds = Shred.objects.filter(organization_id=organization_id, environment=conf.environment())
    return shreds.filter(subject_id=subject_id).order_by("-requested_at").first()


def _standing_keys(organization_id: UUID, subject_id: UUID) -> list[SubjectKey]:
    """Return the person's keys that can be opened, the one for new values first."""
    rows = list(subject_provisioning.of_subjects(organization_id, [subject_id]).filter(state=State.ACTIVE))
    subject_rows.check(rows)
    ended = set(ShreddedKey.objects.filter(key_id__in=[row.id for row in rows]).values_list("key_id", flat=True))
    return sorted((row for row in rows if row.id not in ended), key=lambda row: not row.primary)


def _require_own_keys_only(organization_id: UUID, subject_id: UUID) -> None:
    foreign = _tables().values_under_other_keys(organization_id, subject_id)
    if foreign:
        found = ", ".join(f"{label}: {count}" for label, count in foreign.items())
        raise NotShreddable(
            f"Values of the person {subject_id} are not under the person's key ({found}). Save these rows once, which"
            " seals them under it, and shred then."
        )


def draft(organization_id: UUID, subject_id: UUID, *, approved_by: str, reason: str, now: datetime) -> Shred:
    """Return the record of a shredding that begins now, not yet sealed or saved."""
    tenants = Key.objects.for_organization(organization_id).in_environment(conf.environment())
    tenant = tenants.primary(Level.TENANT_KEY).first()
    return Shred(
        id=uuid4(), organization_id=organization_id, environment=conf.environment(), subject_id=subject_id,
        approved_by=approved_by, reason=reason, requested_at=now,
        lease_seconds=acquisition.lease_seconds(tenant) if tenant is not None else conf.lease_seconds(),
        key_retention_days=conf.key_backup_retention_days(), data_retention_days=conf.backup_retention_days(),
    )  # fmt: skip


def _request(record: Shred, keys: list[SubjectKey], now: datetime) -> None:
    """Remember the decision. It is durable before the key database is touched."""
    with transaction.atomic(using=database.alias(), durable=True):
        shred_rows.reseal(record)
        ShreddedKey.objects.bulk_create(
            [ShreddedKey(key_id=key.id, short_id=bytes(key.short_id), shred=record) for key in keys]
        )
        revocation.renew_epoch(record.organization_id, now=now)
        _tell("request", record)


def _erase(record: Shred, now: datetime) -> Shred:
    erased_at = erase_keys(record, now)
    with transaction.atomic(using=database.alias(), durable=True):
        locked = _locked(record)
        if locked.step == Shred.Step.REQUESTED:
            locked.step, locked.erased_at = Shred.Step.ERASED, erased_at
            locked.tables = _tables().clear_indexes(record.organization_id, record.subject_id)
            shred_rows.reseal(locked)
            revocation.renew_epoch(record.organization_id, now=now)
            _tell("erase", locked)
    return locked


def erase_keys(record: Shred, now: datetime) -> datetime:
    """Erase the wrapped keys and return when the last of them was; a second time nothing is left to do."""
    ids = list(record.keys.values_list("key_id", flat=True))
    with transaction.atomic(using=subject_database.alias(), durable=True):
        rows = list(SubjectKey.objects.using(subject_database.alias()).select_for_update().filter(id__in=ids))
        subject_rows.check(rows)
        for row in rows:
            if row.state == State.ACTIVE:
                subject_provisioning.destroy(row, now)
    return max((row.destroyed_at for row in rows if row.destroyed_at is not None), default=now)


def _complete(record: Shred, now: datetime) -> Shred:
    with transaction.atomic(using=database.alias(), durable=True):
        locked = _locked(record)
        if locked.step != Shred.Step.ERASED:
            return locked
        if write_fences.are_passed(locked.fences, _tables().databases()):
            locked.step, locked.completed_at = Shred.Step.COMPLETED, now
            locked.tables = _tables().clear_indexes(record.organization_id, record.subject_id)
            _tell("complete", locked)
        shred_rows.reseal(locked)
    return locked


def _locked(record: Shred) -> Shred:
    locked = Shred.objects.select_for_update().get(id=record.id)
    shred_rows.check(locked)
    return locked


def _tell(verb: str, record: Shred) -> None:
    details: dict[str, str | int] = {
        "key_id": str(record.keys.values_list("key_id", flat=True).first()),
        "shred_id": str(record.id),
        "subject_id": str(record.subject_id),
        "approved_by": record.approved_by,
    }
    journal.emit(f"keychain:shred:{verb}", organization_id=record.organization_id, details=details)


def _tables() -> Tables:
    if tables is None:
        raise RuntimeError("the app `ascend` is not ready: it knows of no table yet")
    return tables
