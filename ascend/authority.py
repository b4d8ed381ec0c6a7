"""The port through which permission is asked before a key is ended or a column goes back to plaintext.

`ASCEND_AUTHORITY` names a function `(operation, *, organization_id, **of_what)` that returns None, or raises
`NotAuthorized` with the reason. A key to "destroy" is named by `key_id`, a column to "unprotect" by its label as
`subject`. The default allows: a library alone has no second person.
"""

from collections.abc import Callable
from uuid import UUID

from django.utils.module_loading import import_string

from ascend import conf


class NotAuthorized(RuntimeError):
    """The project's authority refuses the operation; the message says what is missing."""


def ask(operation: str, *, organization_id: UUID | None, key_id: UUID | None = None, subject: str = "") -> None:
    """Ask whether `operation` may be done: "destroy" a key, or "unprotect" the column that `subject` names.

    Raises:
        NotAuthorized: with the reason, as the project's authority gave it.
    """
    decide: Callable[..., object] = import_string(conf.authority())
    named: dict[str, object] = {"key_id": key_id} if key_id is not None else {"subject": subject}
    decide(operation, organization_id=organization_id, **named)


def allow(operation: str, **_of_what: object) -> None:
    """Allow every operation: the default of a project that decides before it calls."""
