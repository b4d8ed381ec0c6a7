"""One leader among the processes that could probe: an advisory lock of PostgreSQL, held by its session.

Elsewhere a process takes itself for the only one; a second prober costs calls and does no harm.
"""

from ascend.keychain import database

# "ascend" in ASCII, as a 64-bit number that no other user of advisory locks is likely to take.
LOCK_NUMBER = int.from_bytes(b"ascend\x00\x01", "big")


def is_leader() -> bool:
    """Return whether this thread's session holds the lock, taking it if it is free."""
    if not database.is_postgresql():
        return True
    with database.connection().cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            " AND classid = %s AND objid = %s AND granted",
            [LOCK_NUMBER >> 32, LOCK_NUMBER & 0xFFFFFFFF],
        )
        if _first(cursor.fetchone()):
            return True
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_NUMBER])
        return bool(_first(cursor.fetchone()))


def resign() -> None:
    """Close the session, and with it the lock."""
    database.connection().close()


def _first(row: tuple[object, ...] | None) -> object:
    return row[0] if row is not None else None
