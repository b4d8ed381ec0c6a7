"""`refresh_from_db()` and deferred columns: Django reads the row into a second instance and copies the values.

A row-bound value that is copied would be one that no envelope holds: sealed anew by the next save, and not pickled
before. So while a refresh runs, what the second instance opens is remembered, and the first takes the envelope
together with the value.
"""

from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.db import models

from ascend.fields.held_values import Opened

_running: ContextVar["_Refresh | None"] = ContextVar("ascend_refresh", default=None)


class _Refresh:
    """One call of `refresh_from_db`: for which instance, and what was opened meanwhile."""

    __slots__ = ("instance", "opened")

    def __init__(self, instance: models.Model) -> None:
        self.instance = instance
        self.opened: dict[str, Opened] = {}


def is_running() -> bool:
    """Whether the query that is about to run may be that of a refresh."""
    return _running.get() is not None


def remember(opened: Opened) -> None:
    """Note a value that an instance opened which was read during a refresh."""
    refresh = _running.get()
    if refresh is not None:
        refresh.opened[opened.field.attname] = opened


def copied(instance: models.Model, name: str, value: Any) -> Opened | None:
    """Return the envelope of `value`, if it is being copied into `instance` from the row that was read anew."""
    refresh = _running.get()
    if refresh is None or refresh.instance is not instance:
        return None
    opened = refresh.opened.get(name)
    if opened is None or opened.value is not value or opened.pk != getattr(instance, opened.field.row_attname):
        return None
    return opened


def keep_envelopes(model: type[models.Model]) -> None:
    """Let `refresh_from_db` of `model` copy row-bound values with their envelopes."""
    plain: Any = model.refresh_from_db
    if hasattr(plain, "keeps_envelopes"):
        return

    @wraps(plain)
    def refresh_from_db(self: models.Model, *args: Any, **kwargs: Any) -> None:
        token = _running.set(_Refresh(self))
        try:
            plain(self, *args, **kwargs)
        finally:
            _running.reset(token)

    refresh_from_db.keeps_envelopes = True  # type: ignore[attr-defined]
    model.refresh_from_db = refresh_from_db  # type: ignore[method-assign]
