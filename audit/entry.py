"""One event as bytes: RFC 8785 canonical JSON, written once and never serialized again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import rfc8785

from audit.actor import Actor
from audit.catalogue import Event
from audit.origin import Origin

VERSION = 1
MAX_BODY_BYTES = 32 * 1024
Detail = str | int | bool | None


class Outcome(StrEnum):
    """How it ended: it happened, it was not allowed, or it broke."""

    SUCCESS = "success"
    DENIED = "denied"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything that one event says. `details` never hold a protected value or a key."""

    id: UUID
    event: Event
    organization_id: UUID | None
    actor: Actor
    at: datetime
    target: str = ""
    outcome: Outcome = Outcome.SUCCESS
    reason: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes of the event (format 1, see `docs/spec/audit-event.md`).

        Raises:
            rfc8785.CanonicalizationError: a detail that JSON cannot carry exactly, such as an
                integer beyond 2^53.
        """
        return rfc8785.dumps(
            {
                "v": VERSION,
                "id": str(self.id),
                "event": self.event.value,
                "at": self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                "organization": None if self.organization_id is None else str(self.organization_id),
                "actor": {"kind": self.actor.kind, "id": self.actor.id},
                "target": self.target,
                "outcome": self.outcome.value,
                "reason": self.reason,
                "details": dict(self.details),
                "request": self.origin.request_id,
                "address": self.origin.address,
            }
        )
