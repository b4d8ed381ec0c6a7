"""A campaign, its batches, and the rows that could not be done. They stand in the database of the rows themselves."""

import uuid
from typing import ClassVar

from django.db import models


class State(models.TextChoices):
    """What a campaign is doing."""

    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"
    """Everything was tried, and rows that failed are left."""


class BatchState(models.TextChoices):
    """What a batch is waiting for."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"


class InItsDatabase(models.Model):
    """A row that knows which database it came from: what belongs to it is written there, in one transaction."""

    class Meta:
        abstract = True

    @property
    def using(self) -> str:
        """The alias of that database."""
        return str(self._state.db)


class Campaign(InItsDatabase):
    """One kind of work over one column. `cursor` is the last primary key that a batch was planned for, as text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    label = models.CharField(max_length=255)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RUNNING)
    organization_id = models.UUIDField(null=True)
    rows = models.BigIntegerField(default=0)
    passes = models.PositiveIntegerField(default=1)
    cursor = models.TextField(null=True)  # noqa: DJ001 (NULL: nothing is planned; the empty text is a key)
    is_planned = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "ascend"
        db_table = "ascend_campaign"
        constraints: ClassVar = [
            # Protecting a column and going back at once would never end.
            models.UniqueConstraint(
                fields=["label"], condition=models.Q(state="running"), name="ascend_one_campaign_a_column"
            )
        ]


class Batch(InItsDatabase):
    """The rows whose primary key is above `after` and not above `until`. Whoever has the fence may write them."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()
    after = models.TextField(null=True)  # noqa: DJ001 (NULL: from the first key on)
    until = models.TextField()
    state = models.CharField(max_length=8, choices=BatchState.choices, default=BatchState.WAITING)
    fence = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, default="")
    lease_expires_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    blocked_by = models.TextField(default="")
    done = models.PositiveIntegerField(default=0)
    conflicts = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "ascend"
        db_table = "ascend_campaign_batch"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "number"], name="ascend_one_batch_a_number")
        ]
        indexes: ClassVar = [
            models.Index(fields=["campaign", "number"], condition=~models.Q(state="done"), name="ascend_batches_to_do")
        ]


class FailedRow(models.Model):
    """A row that the work could not do, and why. It is reported and not tried again until somebody says so."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="failures")
    key = models.TextField()
    reason = models.TextField()

    class Meta:
        app_label = "ascend"
        db_table = "ascend_campaign_failure"
        constraints: ClassVar = [models.UniqueConstraint(fields=["campaign", "key"], name="ascend_one_failure_a_row")]
