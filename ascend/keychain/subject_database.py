"""The key database: where the keys of persons are, apart from everything they open.

Its backups have a short retention of their own. What is done to it is done on connections of the keychain's own
where the main database allows that (`database.apart`), and is committed by itself: a key without a row is
harmless, a row without its key is lost.
"""

from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from ascend import conf
from ascend.keychain import database

Result = TypeVar("Result")


def alias() -> str:
    """Return the alias of the key database.

    Raises:
        ImproperlyConfigured: the project has none.
    """
    name = conf.key_database()
    if not name or name not in connections.settings:
        raise ImproperlyConfigured(
            "ASCEND_KEY_DATABASE names no entry of DATABASES: the keys of persons need a database of their own."
        )
    return name


def apart(job: Callable[[], Result]) -> Result:
    """Run `job` on connections of its own to both databases, outside of the caller's transactions."""
    name = alias()

    def closing() -> Result:
        try:
            return job()
        finally:
            if not database.is_inline():
                connections[name].close()

    return database.apart(closing) if not database.is_own_thread() else job()
