"""The inbox of the log: committed events that wait for their place in the sequence."""

from collections.abc import Iterable
from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from audit.entry import MAX_BODY_BYTES, Outcome

OUTCOMES = [outcome.value for outcome in Outcome]


class InboxEventQuerySet(models.QuerySet["InboxEvent"]):
    """Reads of the log. Ids are UUIDv7: their order is the order of time."""

    def for_organization(self, organization_id: UUID) -> Self:
        """Keep the events of one organization; the platform's own (NULL) are never among them."""
        return self.filter(organization_id=organization_id)

    def newest_first(self) -> Self:
        """Order for reading, by the key that pages are cut at."""
        return self.order_by("-id")

    def older_than(self, event_id: UUID) -> Self:
        """Keep the events before `event_id`: the next page, without an OFFSET."""
        return self.filter(id__lt=event_id)

    def of_wings(self, wings: Iterable[str]) -> Self:
        """Keep the events whose names begin with one of these wings ("byok")."""
        fits = models.Q(pk__in=())
        for wing in wings:
            fits |= models.Q(event__startswith=f"{wing}:")
        return self.filter(fits)

    def matching(self, *, event: str = "", actor_id: str = "", outcome: str = "") -> Self:
        """Keep the events that fit every given filter; an empty one does not filter."""
        wanted = {"event": event, "actor_id": actor_id, "outcome": outcome}
        return self.filter(**{column: value for column, value in wanted.items() if value})


class InboxEvent(models.Model):
    """One event. `body` is the event; the other columns repeat parts of it for the list."""

    id = models.UUIDField(primary_key=True, editable=False)
    organization_id = models.UUIDField(null=True, editable=False)
    body = models.BinaryField(editable=False)
    recorded_at = models.DateTimeField(editable=False)
    event = models.CharField(max_length=80, editable=False)
    actor_kind = models.CharField(max_length=16, editable=False)
    actor_id = models.CharField(max_length=80, editable=False)
    target = models.CharField(max_length=200, blank=True, editable=False)
    outcome = models.CharField(max_length=16, editable=False)

    objects = InboxEventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "-id"], name="audit_inbox_newest"),
            models.Index(fields=["organization_id", "event", "-id"], name="audit_inbox_event"),
            models.Index(fields=["organization_id", "actor_id", "-id"], name="audit_inbox_actor"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("body"), MAX_BODY_BYTES), name="audit_inbox_body_size"
            ),
            models.CheckConstraint(condition=models.Q(outcome__in=OUTCOMES), name="audit_inbox_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"
