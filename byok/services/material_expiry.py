"""Say in the log that imported material will end, early enough to bring it again (PV-77). Beat orders it."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from byok.models import Ceremony

DAYS_BEFORE = (1, 3, 7, 14, 30)
_SWEEPER = Actor.system("sweeper")


def announce(*, now: datetime) -> int:
    """Announce each key once at each of 30, 14, 7, 3 and 1 days before its end, and return how many were."""
    soon = Ceremony.objects.with_ending_material(now + timedelta(days=DAYS_BEFORE[-1]))
    return sum(_announce(ceremony_id, now) for ceremony_id in list(soon.values_list("pk", flat=True)))


def _announce(ceremony_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        ceremony = Ceremony.objects.select_for_update().get(pk=ceremony_id)
        days = _days_to_announce(ceremony, now)
        if days is None or (ceremony.announced_days is not None and ceremony.announced_days <= days):
            return False
        ceremony.announced_days = days
        ceremony.save(update_fields=["announced_days"])
        audit.record(
            Event.KEY_IMPORT_ENDS,
            organization_id=ceremony.organization_id,
            actor=_SWEEPER,
            at=now,
            target=str(ceremony.pk),
            details={"days": days, "material_id": ceremony.material_id},
        )
    return True


def _days_to_announce(ceremony: Ceremony, now: datetime) -> int | None:
    """Return the step that the key has reached: the smallest that is not below the days that are left."""
    if ceremony.material_expires_at is None:
        return None
    left = ceremony.material_expires_at - now
    return next((days for days in DAYS_BEFORE if left <= timedelta(days=days)), None)
