"""Keeps the keys of persons, and nothing else, in the key database.

`DATABASE_ROUTERS = ["ascend.keychain.router.KeyDatabaseRouter"]`, before a project's own.
"""

from typing import Any

from ascend import conf

APP_LABEL = "ascend"
MODEL_NAME = "subjectkey"


class KeyDatabaseRouter:
    """Sends `SubjectKey` to `ASCEND_KEY_DATABASE` and everything else elsewhere; of no effect without that setting."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """Return the key database for its one model."""
        return conf.key_database() or None if _is_kept_apart(model._meta.app_label, model._meta.model_name) else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        """Return whether a table, or the work of a migration, belongs into this database."""
        keys = conf.key_database()
        if not keys:
            return None
        apart = _is_kept_apart(app_label, model_name)
        return apart if db == keys else (False if apart else None)


def _is_kept_apart(app_label: str, model_name: str | None) -> bool:
    return (app_label, model_name) == (APP_LABEL, MODEL_NAME)
