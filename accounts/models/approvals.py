"""A request that other people decide, and their votes."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Organization, Person
from accounts.models.sign_in import SHA256_BYTES


class ApprovalState(models.TextChoices):
    """`executing` is between the claim and the finish; it is resumed after a crash, never expired."""

    PENDING = "pending", _("Waiting for votes")
    EXECUTING = "executing", _("Being carried out")
    SUCCEEDED = "succeeded", _("Carried out")
    FAILED = "failed", _("Failed")
    REJECTED = "rejected", _("Rejected")
    EXPIRED = "expired", _("Expired")


class Choice(models.TextChoices):
    """What a vote says."""

    APPROVE = "approve", _("Approve")
    REJECT = "reject", _("Reject")


class ApprovalRequestQuerySet(models.QuerySet["ApprovalRequest"]):
    """Reads of requests."""

    def for_organization(self, organization_id: UUID) -> Self:
        """Keep the requests of one organization."""
        return self.filter(organization_id=organization_id)

    def pending(self, now: datetime) -> Self:
        """Keep those that can still be voted on."""
        return self.filter(state=ApprovalState.PENDING, expires_at__gt=now)

    def overdue(self, now: datetime) -> Self:
        """Keep those whose time for votes is over but whose row does not say so yet."""
        return self.filter(state=ApprovalState.PENDING, expires_at__lte=now)

    def newest_first(self) -> Self:
        """Order by when they were made, newest first, with the requester's name at hand."""
        return self.select_related("requester").order_by("-created_at", "-id")


class ApprovalRequest(models.Model):
    """What somebody wants done. All that `request_hash` covers can never change (trigger)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, editable=False)
    operation = models.CharField(max_length=80, editable=False)
    target = models.CharField(max_length=200, editable=False)
    target_version = models.CharField(max_length=80, editable=False)
    params = models.JSONField(editable=False)
    requester = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", editable=False)
    votes_needed = models.PositiveSmallIntegerField(editable=False)
    nonce = models.BinaryField(max_length=32, editable=False)
    expires_at = models.DateTimeField(editable=False)
    request_hash = models.BinaryField(max_length=SHA256_BYTES, unique=True, editable=False)
    reason = models.CharField(max_length=500, editable=False)
    created_at = models.DateTimeField(editable=False)

    state = models.CharField(max_length=12, choices=ApprovalState.choices, default=ApprovalState.PENDING)
    fence = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)

    objects = ApprovalRequestQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at", "-id"], name="accounts_approval_newest"),
            models.Index(fields=["state", "expires_at"], name="accounts_approval_state"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "operation", "target"],
                condition=models.Q(state__in=["pending", "executing"]),
                name="accounts_approval_one_open",
            ),
            models.CheckConstraint(condition=models.Q(votes_needed__gte=1), name="accounts_approval_votes_needed"),
            models.CheckConstraint(
                condition=~models.Q(state="executing") | models.Q(claimed_at__isnull=False),
                name="accounts_approval_claimed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.id}"

    def has_expired(self, now: datetime) -> bool:
        """Return whether the time for votes is over."""
        return self.state == ApprovalState.PENDING and self.expires_at <= now


class Vote(models.Model):
    """One person's word on one request, on exactly the request's hash. Never changed or withdrawn (trigger)."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="votes", editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", editable=False)
    choice = models.CharField(max_length=8, choices=Choice.choices, editable=False)
    request_hash = models.BinaryField(max_length=SHA256_BYTES, editable=False)
    reason = models.CharField(max_length=500, editable=False)
    cast_at = models.DateTimeField(editable=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "person"], name="accounts_vote_once")]

    def __str__(self) -> str:
        return f"{self.choice} on {self.request_id}"
