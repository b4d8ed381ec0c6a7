"""The port through which permission is asked before a key is ended.

`ASCEND_AUTHORITY` names a function `(operation, *, organization_id, key_id)` that returns None, or
raises `NotAuthorized` with the reason. The default allows: a library alone has no second person.
"""

from collections.abc import Callable
from uuid import UUID

from django.utils.module_loading import import_string

from ascend import conf


class NotAuthorized(RuntimeError):
    """The project's authority refuses the operation; the message says what is missing."""


def ask(operation: str, *, organization_id: UUID, key_id: UUID) -> None:
    """Ask whether `operation` ("destroy") may be done to the key.

    Raises:
        NotAuthorized: with the reason, as the project's authority gave it.
    """
    decide: Callable[..., object] = import_string(conf.authority())
    decide(operation, organization_id=organization_id, key_id=key_id)


def allow(operation: str, *, organization_id: UUID, key_id: UUID) -> None:
    """Allow every operation: the default of a project that decides before it calls."""
