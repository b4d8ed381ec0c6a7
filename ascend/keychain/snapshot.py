"""What the database says of one organization's keychain at one moment, checked before it is believed.

Spec: docs/spec/keychain.md §5.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from ascend import conf
from ascend.keychain import database, seals, seen
from ascend.keychain.errors import KeyRetired, KeySuspended, KeyTampered, KeyUnavailable
from ascend.keychain.models import Key, Revocation
from ascend.keychain.states import MAY_UNWRAP, MAY_WRAP, Level, State, strictest

RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The revocation and the key rows of one organization, by id."""

    organization_id: UUID
    revocation: Revocation | None
    # Grows while a lease is in force: another thread may add a key that it made.
    rows: dict[UUID, Key] = field(default_factory=dict)

    def primary(self, level: Level) -> Key | None:
        """Return the primary key of L1 or L2, if there is one."""
        return next((row for row in self.of_level(level) if row.primary), None)

    def of_level(self, level: Level) -> list[Key]:
        """Return the keys of `level`."""
        return [row for row in list(self.rows.values()) if row.level == level]

    def effective_state(self, row: Key) -> State:
        """Return the strictest state of `row` and all above it; a missing ancestor counts as destroyed."""
        states = [row.state]
        for _level in Level:  # whoever writes to the database can make a circle, and a page walks before it checks
            if row.parent_id is None:
                return strictest(states)
            parent = self.rows.get(row.parent_id)
            if parent is None:
                break
            row = parent
            states.append(row.state)
        return State.DESTROYED

    def versions(self) -> Mapping[UUID, int]:
        """Return the version of each row: two snapshots that agree in them agree in everything sealed."""
        return {key_id: row.state_version for key_id, row in self.rows.items()}


def read(organization_id: UUID) -> Snapshot:
    """Read and check one organization's keychain. Runs on the calling thread's connection.

    Raises:
        KeyTampered: a row is not as this deployment wrote it.
    """
    snapshot = read_many([organization_id])[organization_id]
    check(organization_id, snapshot.rows.values())
    return snapshot


def read_many(organization_ids: Iterable[UUID]) -> dict[UUID, Snapshot]:
    """Read, unchecked, the keychains of several organizations in two queries.

    Data keys come only if they are primary; others are read when a value names them.
    """
    wanted = list(organization_ids)
    revocations = {row.organization_id: row for row in Revocation.objects.filter(organization_id__in=wanted)}
    snapshots = {wanted_id: Snapshot(wanted_id, revocations.get(wanted_id)) for wanted_id in wanted}
    rows = Key.objects.filter(organization_id__in=wanted).in_environment(conf.environment()).standing()
    for row in rows.filter(Q(level__lt=Level.DATA_KEY) | Q(primary=True)):
        snapshots[row.organization_id].rows[row.id] = row
    return snapshots


def check(organization_id: UUID, rows: Collection[Key]) -> None:
    """Return if every row bears its seal and none is older than this process has seen it.

    Raises:
        KeyTampered: naming the first row that fails.
    """
    for row in rows:
        if not seals.is_intact(row):
            raise _tampered(organization_id, row, _("Its seal does not match."))
        if seen.was_put_back(row):
            raise _tampered(organization_id, row, _("It was put back to an older version."))
    seen.note_versions(rows)


def require_in_force(snapshot: Snapshot) -> None:
    """Return if the organization's keys may be used at all.

    Raises:
        KeyTampered: the revocation was put back to an older epoch.
        KeySuspended: the revocation says so.
        KeyRetired: the state of the master or tenant key says so.
    """
    if snapshot.revocation is not None:
        _require_epoch_kept(snapshot.revocation)
    refusal = refusal_of(snapshot.organization_id, snapshot.revocation)
    if refusal is not None:
        raise refusal
    tenant = snapshot.primary(Level.TENANT_KEY)
    if tenant is not None:
        require_unwrappable(snapshot, tenant)


def require_unwrappable(snapshot: Snapshot, row: Key) -> None:
    """Return if `row` may open what lies under it.

    Raises:
        KeyRetired: naming the state that decides.
    """
    _require(snapshot.organization_id, snapshot.effective_state(row), MAY_UNWRAP)


def require_wrappable(snapshot: Snapshot, row: Key) -> None:
    """Return if new values or keys may be put under `row`.

    Raises:
        KeyRetired: naming the state that decides.
    """
    _require(snapshot.organization_id, snapshot.effective_state(row), MAY_WRAP)


def _require(organization_id: UUID, state: State, allowed: frozenset[State]) -> None:
    if state not in allowed:
        raise KeyRetired(
            organization_id,
            _("The key or one above it is %(state)s.") % {"state": state.label},
            _("A key administrator can see on the keys page which one, and why."),
        )


def refusal_of(organization_id: UUID, revocation: Revocation | None) -> KeyUnavailable | None:
    """Return the refusal that a suspended organization's callers get, or None."""
    if revocation is None or revocation.state == State.ACTIVE:
        return None
    reason = revocation.reason or _("The organization's keys are suspended.")
    return KeySuspended(organization_id, reason, revocation.fix or _("A key administrator can resume them."))


def _require_epoch_kept(revocation: Revocation) -> None:
    if seen.epoch_was_put_back(revocation):
        reason = _("The organization's revocation was put back to an older state.")
        fix = _("Find out who can write to the database, and suspend the organization again if it was.")
        raise KeyTampered(revocation.organization_id, reason, fix)
    seen.note_epochs([revocation])


def _tampered(organization_id: UUID, row: Key, what: str) -> KeyTampered:
    # A wrong registry key breaks every seal at once, and is far more common than an intruder: it is named first.
    reason = _("Row %(id)s of the key table is not as this portal wrote it.") % {"id": row.id}
    fix = _(
        "Check that ASCEND_REGISTRY_KEY is the one under which the row was written. If it is, the row was changed"
        " from outside: restore it from a backup and find out who can write to the database."
    )
    return KeyTampered(organization_id, f"{reason} {what}", fix)


def fetch_data_key(organization_id: UUID, short_id: bytes) -> Key | None:
    """Read the organization's data key that an envelope names, checked; its tombstone too."""
    return _fetch(organization_id, Q(short_id=short_id))


def fetch_key(organization_id: UUID, key_id: UUID) -> Key | None:
    """Read one key of the organization by its id, checked; its tombstone too."""
    return _fetch(organization_id, Q(id=key_id))


def _fetch(organization_id: UUID, wanted: Q) -> Key | None:
    row = database.apart(lambda: Key.objects.for_organization(organization_id).filter(wanted).first())
    if row is not None:
        check(organization_id, [row])
    return row
