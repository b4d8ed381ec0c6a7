"""The port through which the library's events leave.

`ASCEND_JOURNAL` names a function `(event, *, organization_id, details)`. It is called inside the
transaction of the change it tells of, and an exception of it refuses that change.
"""

import logging
from collections.abc import Callable, Mapping
from uuid import UUID

from django.utils.module_loading import import_string

from ascend import conf

logger = logging.getLogger("ascend.journal")


def emit(event: str, *, organization_id: UUID | None, details: Mapping[str, str | int]) -> None:
    """Hand `event` ("keychain:organization:suspend") to the project's journal.

    `details` are ids, states and numbers; never a protected value, never key material.
    """
    receive: Callable[..., object] = import_string(conf.journal())
    receive(event, organization_id=organization_id, details=details)


def to_logging(event: str, *, organization_id: UUID | None, details: Mapping[str, str | int]) -> None:
    """Write the event to the logger `ascend.journal`: the default for a project without an audit log."""
    logger.info("%s", event, extra={"organization_id": str(organization_id), "details": dict(details)})
