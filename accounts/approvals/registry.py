"""Which operations need approval, and what each wing does once it is given.

A feature registers its handler in `AppConfig.ready()`; nothing here knows any feature.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from accounts.models import ApprovalRequest
from accounts.roles import Role
from audit.actor import Actor

Effect = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the request would change, as the page shows it."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Description:
    """What an approver reads before voting."""

    title: str
    explanation: str
    differences: tuple[Difference, ...] = ()


class EffectFailed(Exception):
    """The operation cannot be carried out and trying again would not help; says why, for the page."""


class UnknownOperation(Exception):
    """No feature has registered this operation."""


class Handler(Protocol):
    """One operation. `effect` may be called again after a crash, with the same request."""

    @property
    def votes_needed(self) -> int:
        """How many people besides the requester must approve."""

    @property
    def eligible_role(self) -> Role:
        """Who may vote."""

    def current_version(self, *, organization_id: UUID, target: str) -> str:
        """Return what changes whenever the target does; approval is for this version only."""

    def describe(self, request: ApprovalRequest) -> Description:
        """Return what the request would do, in the language in force."""

    def effect(self, request: ApprovalRequest) -> Effect:
        """Do what lies outside the database, once per request id. No transaction is open.

        Raises:
            EffectFailed: it cannot be done.
        """

    def finish(self, request: ApprovalRequest, effect: Effect, *, actor: Actor, now: datetime) -> None:
        """Apply the change, inside the transaction that closes the request.

        Raises:
            EffectFailed: it cannot be done; nothing of it stays.
        """


_handlers: dict[str, Handler] = {}


def register(operation: str, handler: Handler) -> None:
    """Name the handler of an operation ("byok:lease:change"). Twice is a mistake."""
    if operation in _handlers:
        raise ValueError(f"{operation} already has a handler")
    _handlers[operation] = handler


def unregister(operation: str) -> None:
    """Forget an operation; for tests."""
    _handlers.pop(operation, None)


def handler_for(operation: str) -> Handler:
    """Return the handler of an operation.

    Raises:
        UnknownOperation: there is none; the request stays as it is.
    """
    try:
        return _handlers[operation]
    except KeyError:
        raise UnknownOperation(operation) from None
