"""Acknowledge the legal waiver: all three statements, in the current version, by an officer."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from byok.models import Acknowledgement
from byok.waivers import STATEMENTS, waiver


class Incomplete(Exception):
    """Not every statement is acknowledged; `missing` names those that are not."""

    def __init__(self, missing: Collection[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = tuple(missing)


class Outdated(Exception):
    """The text that was shown is not the current version: nothing is signed that was not read."""


def acknowledge(
    *, organization_id: UUID, person_id: UUID, sha256: str, statements: Collection[str], typed_name: str, now: datetime
) -> Acknowledgement:
    """Sign the current text, of which `sha256` (64 hex digits) was shown to the person.

    Raises:
        Outdated: another text was shown.
        Incomplete: a statement is missing.
    """
    current = waiver()
    if sha256 != current.sha256:
        raise Outdated
    missing = [name for name in STATEMENTS if name not in statements]
    if missing:
        raise Incomplete(missing)
    with transaction.atomic():
        signed = Acknowledgement.objects.create(
            organization_id=organization_id,
            person_id=person_id,
            version=current.version,
            sha256=current.sha256,
            typed_name=typed_name,
            acknowledged_at=now,
            **dict.fromkeys(STATEMENTS, True),
        )
        audit.record(
            Event.WAIVER_ACKNOWLEDGE,
            organization_id=organization_id,
            actor=Actor.person(person_id),
            at=now,
            target=str(signed.pk),
            details={"version": signed.version, "sha256": signed.sha256},
        )
    return signed
