"""Make the keys that an organization needs, when it needs them.

Spec: docs/spec/keychain.md §6. The provider is called first; then one short transaction holds the parent and
inserts the child (KC-26). Of two processes that make the same key at once, one wins and both use its.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from ascend import conf, journal
from ascend.envelope.keys import SecretKey
from ascend.keychain import database, seals, short_ids, snapshot, uncommitted, wrapping
from ascend.keychain.errors import KeyRetired, KeyUnavailable
from ascend.keychain.models import Algorithm, Key, Purpose, Revocation
from ascend.keychain.states import Level, State
from ascend.providers import registry


@dataclass(frozen=True, slots=True)
class Branch:
    """Which data key is meant: for what, of which classification, of which field."""

    purpose: Purpose
    context_label: str
    algorithm: Algorithm
    classification: str = "personal"


class ParentGone(Exception):
    """The parent's row is not there: a caller's rollback took it along."""


def provision(organization_id: UUID, *, provider_uri: str | None = None) -> None:
    """Make sure that the organization has a master key, a tenant key and a revocation row.

    Raises:
        ProviderError: the provider refused or could not answer; what was written before it stands.
    """
    uri = provider_uri or conf.provider_uri(organization_id)
    shot = database.apart(lambda: snapshot.read(organization_id))
    master = shot.primary(Level.MASTER_KEY)
    if master is None:
        registry.provider_for(uri).provision(uri)
        master = database.apart(partial(_make_master, organization_id, uri))
    if shot.primary(Level.TENANT_KEY) is None:
        _make_tenant(master)


def draft(organization_id: UUID, level: Level, *, parent: Key | None, now: datetime, **columns: object) -> Key:
    """Return a new active primary row, not yet wrapped, sealed or saved."""
    row = Key(
        id=uuid4(), level=level, organization_id=organization_id, environment=conf.environment(), parent=parent,
        primary=True, state=State.ACTIVE, created_at=now, activated_at=now,
    )  # fmt: skip
    for name, value in columns.items():
        setattr(row, name, value)
    return row


def insert(row: Key) -> None:
    """Seal and insert a complete row under its parent. Call it in a transaction.

    Raises:
        ParentGone: the parent's row is not in the database.
        KeyRetired: the parent is not active.
        IntegrityError: there is a primary already.
    """
    if row.parent_id is not None:
        hold_active(row.parent_id, row.organization_id)
    row.seal = seals.seal_of(row)
    row.save(force_insert=True)
    uncommitted.note(row.id, row.organization_id)
    details: dict[str, str | int] = {"key_id": str(row.id), "level": row.level, "purpose": row.purpose}
    if row.context_label:
        details["label"] = row.context_label
    journal.emit("keychain:key:create", organization_id=row.organization_id, details=details)


def hold_active(key_id: UUID, organization_id: UUID) -> None:
    """Lock a row against change (FOR SHARE) and return if it is active."""
    lock = " FOR SHARE" if database.is_postgresql() else ""
    query = f"SELECT state FROM {Key._meta.db_table} WHERE id = %s{lock}"  # noqa: S608  (no input in it)
    with database.connection().cursor() as cursor:
        cursor.execute(query, [Key._meta.pk.get_db_prep_value(key_id, database.connection())])
        found = cursor.fetchone()
    if found is None:
        raise ParentGone(str(key_id))
    if found[0] != State.ACTIVE:
        raise KeyRetired(
            organization_id,
            _("The key above is %(state)s: no new key is put under it.") % {"state": State(found[0]).label},
            _("A key administrator can see on the keys page which one, and why."),
        )


def find_primary(parent: Key, branch: Branch, level: Level) -> Key | None:
    """Return the primary L3 or L4 under `parent`, checked."""
    label = branch.context_label if level == Level.DATA_KEY else ""
    rows = Key.objects.filter(parent=parent, level=level, purpose=branch.purpose, primary=True)
    row = rows.filter(classification=branch.classification, context_label=label).first()
    if row is not None:
        snapshot.check(row.organization_id, [row])
    return row


def make_child(parent: Key, parent_key: SecretKey, branch: Branch, level: Level) -> Key:
    """Return a new L3 or L4 under `parent`, or the one that another process made meanwhile."""
    row = draft_child(parent, branch, level, now=timezone.now())
    wrapping.wrap_under(parent_key, wrapping.new_key(row.algorithm), row)
    try:
        with database.short_transaction():
            insert(row)
    except IntegrityError:
        return _of_the_other(find_primary(parent, branch, level), parent.organization_id)
    return row


def draft_child(parent: Key, branch: Branch, level: Level, *, now: datetime) -> Key:
    """Return a row for a new L3 or L4, not yet wrapped."""
    is_data_key = level == Level.DATA_KEY
    return draft(
        parent.organization_id, level, parent=parent, now=now,
        purpose=branch.purpose,
        classification=branch.classification,
        context_label=branch.context_label if is_data_key else "",
        algorithm=branch.algorithm if is_data_key else Algorithm.AES_256_GCM,
        short_id=short_ids.of_label_key() if is_data_key else None,
    )  # fmt: skip


def _make_master(organization_id: UUID, uri: str) -> Key:
    now = timezone.now()
    row = draft(
        organization_id, Level.MASTER_KEY, parent=None, now=now,
        purpose=Purpose.MASTER, algorithm=Algorithm.PROVIDER, provider_uri=uri,
    )  # fmt: skip
    try:
        with database.short_transaction():
            insert(row)
            Revocation.objects.get_or_create(organization_id=organization_id, defaults={"changed_at": now})
    except IntegrityError:
        return _of_the_other(snapshot.read(organization_id).primary(Level.MASTER_KEY), organization_id)
    return row


def _make_tenant(master: Key) -> None:
    row = draft(
        master.organization_id, Level.TENANT_KEY, parent=master, now=timezone.now(),
        purpose=Purpose.TENANT, algorithm=Algorithm.AES_256_GCM,
    )  # fmt: skip
    context = wrapping.provider_context(
        organization_id=row.organization_id, key_id=row.id, level=row.level, purpose=wrapping.WRAP
    )
    made = registry.provider_for(master.provider_uri).generate(master.provider_uri, context)
    row.wrapped, row.check_value = made.wrapped.ciphertext, made.key.check_value()
    row.material_id, row.provider_request_id = made.wrapped.material_id, made.wrapped.request_id
    database.apart(partial(_insert_unless_there, row))


def _insert_unless_there(row: Key) -> None:
    try:
        with database.short_transaction():
            insert(row)
    except IntegrityError:
        if snapshot.read(row.organization_id).primary(Level(row.level)) is None:
            raise


def _of_the_other(row: Key | None, organization_id: UUID) -> Key:
    if row is None:
        reason = _("Another process changed the organization's keys at this moment.")
        raise KeyUnavailable(organization_id, reason, _("Try again."), 1)
    return row
