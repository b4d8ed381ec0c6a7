"""Rotate on request: new data keys for what is written from now on."""

from datetime import datetime
from typing import Final
from uuid import UUID

from ascend.keychain import succession
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event

DATA_KEYS: Final = "dek"
TENANT_KEY: Final = "tenant_key"
KINDS: Final = (DATA_KEYS, TENANT_KEY)


class RotationNotOffered(Exception):
    """A new tenant key needs the keys under it moved, which this version cannot do."""


def rotate(*, organization_id: UUID, person_id: UUID, kind: str, reason: str, now: datetime) -> int:
    """Give every data key of values and files a successor, and return how many there were.

    The request is in the log before anything is done, each key then with its successor.

    Raises:
        RotationNotOffered: it is not the data keys that were asked for.
        KeyUnavailable: the organization's keys cannot be used now; nothing was changed.
        AuditUnavailable: it cannot be recorded, so nothing was changed.
    """
    if kind != DATA_KEYS:
        raise RotationNotOffered
    audit.record(
        Event.ROTATION_REQUEST,
        organization_id=organization_id,
        actor=Actor.person(person_id),
        at=now,
        reason=reason,
        details={"rotation_type": kind},
    )
    return succession.rotate(organization_id)
