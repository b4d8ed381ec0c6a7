"""Ranges of primary keys: planned one after another, leased by the database's clock, written under a fence."""

import datetime as dt
from typing import Any, Final

from django.db import connections, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from ascend.campaigns.errors import LeaseLost
from ascend.campaigns.models import Batch, BatchState, Campaign
from ascend.campaigns.work import Work

PLANNED_AHEAD: Final = 8
RETRY_SECONDS: Final = (5, 10, 30, 60, 300)
"""How long a batch waits whose keys are unavailable: longer each time."""


def claim(campaign: Campaign, *, worker: str, lease_seconds: float) -> Batch | None:
    """Lease the first batch that nobody holds, or whose holder stopped renewing. None: there is none just now."""
    using = campaign.using
    free = Q(state=BatchState.WAITING) & (Q(not_before=None) | Q(not_before__lte=Now()))
    left_behind = Q(state=BatchState.LEASED, lease_expires_at__lt=Now())
    waiting = Batch.objects.using(using).filter(free | left_behind, campaign=campaign).order_by("number")
    with transaction.atomic(using=using):
        if connections[using].features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        batch = waiting.first()
        if batch is None:
            return None
        taken = Batch.objects.using(using).filter(pk=batch.pk, fence=batch.fence)
        lease = Now() + dt.timedelta(seconds=lease_seconds)
        won = taken.update(
            state=BatchState.LEASED, fence=F("fence") + 1, attempts=F("attempts") + 1, lease_owner=worker,
            lease_expires_at=lease,
        )  # fmt: skip
    batch.fence += 1
    return batch if won else None


def hold(batch: Batch, **changes: Any) -> None:
    """Write to the batch as its holder, inside the transaction that writes its rows.

    Raises:
        LeaseLost: another worker has taken it; the transaction is to be rolled back.
    """
    mine = Batch.objects.using(batch.using).filter(pk=batch.pk, fence=batch.fence, state=BatchState.LEASED)
    if not mine.update(**changes):
        raise LeaseLost(f"batch {batch.number}")


def put_back(batch: Batch, *, blocked_by: str) -> dict[str, Any]:
    """Return the changes that let a batch wait for keys; it resumes by itself."""
    seconds = RETRY_SECONDS[min(batch.attempts, len(RETRY_SECONDS) - 1)]
    later = Now() + dt.timedelta(seconds=seconds)
    return {"state": BatchState.WAITING, "not_before": later, "blocked_by": blocked_by, "lease_expires_at": None}


def plan(campaign: Campaign, work: Work, *, rows: int) -> bool:
    """Plan a few more batches behind the cursor; return whether there are any."""
    using = work.target.using
    with transaction.atomic(using=using):
        locked = Campaign.objects.using(using).filter(pk=campaign.pk)
        locked.update(passes=F("passes"))  # the lock, on every database
        campaign.refresh_from_db()
        if campaign.is_planned:
            return False
        bounds = _bounds(campaign.cursor, work, rows)
        first = _last_number(campaign, using)
        after = [campaign.cursor, *bounds]
        Batch.objects.using(using).bulk_create(
            Batch(campaign=campaign, number=first + position + 1, after=after[position], until=until)
            for position, until in enumerate(bounds)
        )
        locked.update(cursor=bounds[-1] if bounds else campaign.cursor, is_planned=len(bounds) < PLANNED_AHEAD)
    campaign.refresh_from_db()
    return bool(bounds)


def _last_number(campaign: Campaign, using: str) -> int:
    last = Batch.objects.using(using).filter(campaign=campaign).order_by("-number").first()
    return last.number if last else 0


def next_pass(campaign: Campaign) -> None:
    """Begin again at the first key: somebody wrote an old value behind the cursor, or a swap met a change."""
    Campaign.objects.using(campaign.using).filter(pk=campaign.pk, is_planned=True).update(
        passes=F("passes") + 1, cursor=None, is_planned=False
    )
    campaign.refresh_from_db()


def _bounds(cursor: str | None, work: Work, rows: int) -> list[str]:
    """Return the upper keys of the next batches of `rows` rows; the last may have fewer."""
    target = work.target
    condition, params = range_of(work, after=cursor, until=None)
    with target.connection.cursor() as sql:
        sql.execute(
            f"SELECT {target.key_column} FROM {target.table} WHERE {condition} ORDER BY {target.key_column} LIMIT %s",  # noqa: S608 (names of the model's own)
            [*params, rows * PLANNED_AHEAD],
        )
        found = sql.fetchall()
    uppers = found[rows - 1 :: rows] + ([found[-1]] if len(found) % rows else [])
    return [target.key_as_text(key) for (key,) in uppers]


def range_of(work: Work, *, after: str | None, until: str | None) -> tuple[str, list[Any]]:
    """Return the condition, in SQL, of the pending rows of a range, and its parameters."""
    target, conditions, params = work.target, [work.pending], []
    if after is not None:
        conditions.append(f"{target.key_column} > %s")
        params.append(target.key_parameter(after))
    if until is not None:
        conditions.append(f"{target.key_column} <= %s")
        params.append(target.key_parameter(until))
    return " AND ".join(conditions), params
