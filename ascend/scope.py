"""The organization in force: a context variable that middleware, a task or a command sets.

Every protected value is sealed and opened for exactly one organization. There is no
process-wide "active organization": a thread or task that was given none has none.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar
from uuid import UUID

from ascend import conf

_Row = TypeVar("_Row")

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


def each_step_in_scope(steps: Iterator[_Row]) -> Iterator[_Row]:
    """Return `steps`, each taken with the organization in force that is now, wherever the iteration goes on.

    Between the steps the scope is the caller's: a generator that sets a context variable around its `yield` would
    leave it to whoever asks for the next row.
    """
    return _steps(steps, _organization.get())


def each_step_in_scope_async(steps: AsyncIterator[_Row]) -> AsyncIterator[_Row]:
    """Return `steps` of an asynchronous iteration in the same way."""
    return _async_steps(steps, _organization.get())


def _steps(steps: Iterator[_Row], organization_id: UUID | None) -> Generator[_Row]:
    end: object = object()
    while True:
        token = _organization.set(organization_id)
        try:
            row = next(steps, end)
        finally:
            _organization.reset(token)
        if row is end:
            return
        yield row  # type: ignore[misc]


async def _async_steps(steps: AsyncIterator[_Row], organization_id: UUID | None) -> AsyncGenerator[_Row]:
    end: object = object()
    while True:
        token = _organization.set(organization_id)
        try:
            row = await anext(steps, end)
        finally:
            _organization.reset(token)
        if row is end:
            return
        yield row  # type: ignore[misc]
