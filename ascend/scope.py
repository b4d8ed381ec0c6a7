"""The organization in force: a context variable that middleware, a task or a command sets.

Every protected value is sealed and opened for exactly one organization. There is no
process-wide "active organization": a thread or task that was given none has none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from ascend import conf

_organization: ContextVar[UUID | None] = ContextVar("ascend_organization", default=None)


class NoOrganization(RuntimeError):
    """No organization is in force, and the project has no single default one."""


class WrongOrganization(RuntimeError):
    """A row of one organization was touched while another one was in force."""


def current_organization() -> UUID:
    """Return the organization in force, or the project's only one.

    Raises:
        NoOrganization: outside `organization_scope(...)` in a project without
            `ASCEND_DEFAULT_ORGANIZATION`.
    """
    organization_id = _organization.get() or conf.default_organization()
    if organization_id is None:
        raise NoOrganization("No organization is in force: wrap the call in `with organization_scope(...):`.")
    return organization_id


@contextmanager
def organization_scope(organization_id: UUID) -> Iterator[None]:
    """Put `organization_id` in force for the body of the `with` statement."""
    token = _organization.set(organization_id)
    try:
        yield
    finally:
        _organization.reset(token)
