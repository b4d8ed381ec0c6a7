"""A campaign from its first row to its last: opened or taken up again, counted, ended."""

from dataclasses import dataclass

from django.db import IntegrityError, models, transaction
from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from ascend import journal
from ascend.campaigns.errors import NotPossible
from ascend.campaigns.models import Batch, BatchState, Campaign, FailedRow, State
from ascend.campaigns.work import Work


@dataclass(frozen=True, slots=True)
class Progress:
    """What is done so far. `held` batches are another worker's; `blocked_by` says whose keys are missing."""

    rows: int
    done: int
    conflicts: int
    failed: int
    held: int
    blocked_by: str


def open_campaign(work: Work, *, retry: bool = False) -> Campaign:
    """Return the column's running campaign of this kind, or begin one; its rows are counted here.

    Rows that failed are not tried again, by this campaign or the next one, unless `retry` says so.

    Raises:
        NotPossible: a campaign of another kind runs on the column.
    """
    target = work.target
    running = Campaign.objects.using(target.using).filter(label=target.label, state=State.RUNNING).first()
    if running is None:
        rows = target.count(work.pending)
        try:
            with transaction.atomic(using=target.using):
                return _begin(work, rows, retry=retry)
        except IntegrityError:  # another process was first
            running = Campaign.objects.using(target.using).get(label=target.label, state=State.RUNNING)
    if running.kind != work.kind:
        raise NotPossible(f"{target.label}: a campaign to {running.kind} it is running. Let it end first.")
    waiting = Batch.objects.using(target.using).filter(campaign=running, state=BatchState.WAITING)
    waiting.update(not_before=None, attempts=0)  # somebody is there: what was in the way may be gone
    if retry:
        FailedRow.objects.using(target.using).filter(campaign=running).delete()
    return running


def _begin(work: Work, rows: int, *, retry: bool) -> Campaign:
    target = work.target
    before = Campaign.objects.using(target.using).filter(label=target.label, kind=work.kind).order_by("-created_at")
    last = None if retry else before.first()
    campaign = Campaign.objects.using(target.using).create(
        kind=work.kind,
        label=target.label,
        rows=rows,
        organization_id=target.organization_id,
        created_at=timezone.now(),
    )
    if last is not None:
        FailedRow.objects.using(target.using).filter(campaign=last).update(campaign=campaign)
    details: dict[str, str | int] = {"label": target.label, "kind": work.kind, "rows": rows}
    journal.emit("fields:campaign:start", organization_id=target.organization_id, details=details)
    return campaign


def progress(campaign: Campaign) -> Progress:
    """Return what the batches say."""
    batches = Batch.objects.using(campaign.using).filter(campaign=campaign)
    blocked = Q(state=BatchState.WAITING) & ~Q(blocked_by="")
    counted = batches.aggregate(
        done=Sum("done", default=0),
        conflicts=Sum("conflicts", default=0),
        held=Count("pk", filter=Q(state=BatchState.LEASED)),
        blocked_by=Max("blocked_by", filter=blocked),
    )
    failed = FailedRow.objects.using(campaign.using).filter(campaign=campaign).count()
    return Progress(
        rows=campaign.rows,
        done=counted["done"],
        conflicts=counted["conflicts"],
        failed=failed,
        held=counted["held"],
        blocked_by=counted["blocked_by"] or "",
    )


def unfinished(campaign: Campaign) -> models.QuerySet[Batch]:
    """Return the batches that are waiting or held."""
    return Batch.objects.using(campaign.using).filter(campaign=campaign).exclude(state=BatchState.DONE)


def failed_keys(campaign: Campaign) -> set[str]:
    """Return the keys of the rows that are not tried again."""
    return set(FailedRow.objects.using(campaign.using).filter(campaign=campaign).values_list("key", flat=True))


def failures(campaign: Campaign, limit: int) -> list[FailedRow]:
    """Return the first rows that failed, by their keys."""
    return list(FailedRow.objects.using(campaign.using).filter(campaign=campaign).order_by("key")[:limit])


def end(campaign: Campaign, *, rows_left: int) -> Campaign:
    """End a campaign of which every batch is done; once, however many workers come here."""
    using = campaign.using
    with transaction.atomic(using=using):
        if not rows_left:  # what failed has been repaired, or saved, by somebody else
            FailedRow.objects.using(using).filter(campaign=campaign).delete()
        told = progress(campaign)
        running = Campaign.objects.using(using).filter(pk=campaign.pk, state=State.RUNNING)
        if running.update(state=State.INCOMPLETE if told.failed else State.DONE, ended_at=timezone.now()):
            details: dict[str, str | int] = {
                "label": campaign.label, "kind": campaign.kind, "done": told.done, "failed": told.failed,
            }  # fmt: skip
            journal.emit("fields:campaign:finish", organization_id=campaign.organization_id, details=details)
    campaign.refresh_from_db()
    return campaign
