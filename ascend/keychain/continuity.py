"""Whether this is still the database that usage was counted in.

A restored backup or a clone brings an older `usage` back, and what was sealed since then would be
sealed once more under the same key: past what its suite allows, and nobody would know. So when the
database is not the one last seen, every suite-01 data key that it came with only opens from then on:
the next value is sealed under a successor (KC-55).
"""

from datetime import datetime
from pathlib import Path

from django.db.models import F
from django.utils import timezone

from ascend import conf, journal
from ascend.keychain import acquisition, database
from ascend.keychain.models import Continuity, Key, Revocation

# A restore into another server or cluster changes the first, a recovery to a point in time the second, a new
# database the third, and a dump that brings its own tables the last.
POSTGRESQL_IDENTITY = """
    SELECT system_identifier, timeline_id, pg_database.oid, %s::regclass::oid
    FROM pg_control_system(), pg_control_checkpoint(), pg_database
    WHERE datname = current_database()
"""

_counted_since: datetime | None = None


def check() -> None:
    """Compare the database with the one last seen; a difference is noted before anything is sealed."""
    global _counted_since  # noqa: PLW0603  (what the database said last; read on the path of a new sealer)
    _counted_since = database.apart(_look)


def is_from_before(row: Key) -> bool:
    """Return whether the key's usage was counted in another database than this one, in part."""
    return _counted_since is not None and row.created_at < _counted_since


def identity() -> str:
    """Return what tells this database from a copy of it, and this deployment from another."""
    return f"{conf.deployment()}:{_database_identity()}"


def _database_identity() -> str:
    connection = database.connection()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_IDENTITY, [Key._meta.db_table])
            return ":".join(str(part) for part in cursor.fetchone() or ())
    file = Path(str(connection.settings_dict["NAME"]))
    return str(file.stat().st_ino) if connection.vendor == "sqlite" and file.is_file() else ""


def _look() -> datetime | None:
    known = Continuity.objects.first()
    found = identity()
    if known is not None and known.identity == found:
        return known.since
    return _note(found)


def _note(found: str) -> datetime | None:
    with database.short_transaction():
        known, is_first = Continuity.objects.select_for_update().get_or_create(pk=1, defaults={"identity": found})
        if not is_first and known.identity != found:
            known.identity, known.since = found, timezone.now()
            known.save()
            # Processes that hold leases over the restore take new ones, and with them look here.
            Revocation.objects.update(epoch=F("epoch") + 1)
            journal.emit("keychain:database:replaced", organization_id=None, details={})
    return known.since


acquisition.before_first_lease.append(check)
