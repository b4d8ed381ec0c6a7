"""How often an hour a person may do what shows protected values. Counted in PostgreSQL."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import conf
from accounts.models import Allowance
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Outcome

HOUR = timedelta(hours=1)


class LimitReached(Exception):
    """The person has used the hour's allowance; `retry_after` is in how many seconds there is one again."""

    def __init__(self, kind: str, retry_after: int) -> None:
        super().__init__(f"the hourly limit of {kind} is reached")
        self.kind = kind
        self.retry_after = retry_after


def spend(person_id: UUID, kind: str, *, organization_id: UUID, now: datetime) -> None:
    """Count one use of `kind` ("reveal" or "search") in a person's rolling hour.

    Call it before the work and outside any transaction: the use, and the event of a refusal, stay
    when the work fails. Two requests at once wait for each other on the row.

    Raises:
        LimitReached: the allowance is used up; nothing was counted.
    """
    with transaction.atomic(durable=True):
        refusal = _count(person_id, kind, now)
        if refusal is not None:
            audit.record(
                Event.LIMIT_REACH,
                organization_id=organization_id,
                actor=Actor.person(person_id),
                at=now,
                outcome=Outcome.DENIED,
                details={"kind": kind, "limit": conf.hourly_limit(kind), "retry_after_seconds": refusal.retry_after},
            )
    if refusal is not None:
        raise refusal


def _count(person_id: UUID, kind: str, now: datetime) -> LimitReached | None:
    Allowance.objects.get_or_create(person_id=person_id, kind=kind)
    allowance = Allowance.objects.select_for_update().get(person_id=person_id, kind=kind)
    used = [at for at in allowance.used_at if at > now - HOUR]
    limit = conf.hourly_limit(kind)
    if len(used) >= limit:
        free_at = used[len(used) - limit] + HOUR if limit else now + HOUR
        return LimitReached(kind, retry_after=max(1, int((free_at - now).total_seconds()) + 1))
    allowance.used_at = [*used, now]
    allowance.save(update_fields=["used_at"])
    return None
