"""A customer's key on its way to being used: a draft that several people work on over days.

Each step is a column, so that a draft can be left and taken up again by another person on another day. Whoever changes
the details of the key sets the later steps back: what was proved is proved of one key only.
"""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ApprovalRequest, Organization

NONCE_BYTES = 32
ARN_CHARACTERS = 2048
ALIAS_CHARACTERS = 80


class State(models.TextChoices):
    """Where a registration stands."""

    DRAFT = "draft", _("Draft")
    REQUESTED = "requested", _("Waiting for approval")
    ACTIVE = "active", _("Active")
    RETIRED = "retired", _("Retired")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


OPEN = frozenset({State.DRAFT, State.REQUESTED})
HELD = frozenset({State.REQUESTED, State.ACTIVE})
"""States in which the key belongs to this organization alone. A draft holds nothing: anybody can type an ARN."""


class Access(models.TextChoices):
    """How the portal reaches the key."""

    KEY_POLICY = "key_policy", _("The key's policy names the portal's role")
    ROLE = "role", _("The portal assumes a role in your account")


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Reads of registrations."""

    def for_organization(self, organization_id: UUID) -> Self:
        """Keep those of one organization."""
        return self.filter(organization_id=organization_id)

    def open(self) -> Self:
        """Keep those that are not decided yet."""
        return self.filter(state__in=sorted(OPEN))

    def held(self, key_arn: str) -> Self:
        """Keep those that hold the key `key_arn`, whatever their organization."""
        return self.filter(key_arn=key_arn, state__in=sorted(HELD))

    def overdue(self, now: datetime) -> Self:
        """Keep drafts whose time is over."""
        return self.filter(state=State.DRAFT, expires_at__lte=now)

    def newest_first(self) -> Self:
        """Order by when they were started, with the names of people at hand."""
        return self.select_related("started_by", "approval").order_by("-started_at", "-id")


class Registration(models.Model):
    """One customer's key. `details_version` is raised by each change that sets later steps back."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    key_arn = models.CharField(max_length=ARN_CHARACTERS, blank=True)
    alias = models.CharField(max_length=ALIAS_CHARACTERS)
    access = models.CharField(max_length=10, choices=Access.choices, default=Access.KEY_POLICY)
    role_arn = models.CharField(max_length=ARN_CHARACTERS, blank=True)
    details_version = models.PositiveIntegerField(default=0)

    granted_at = models.DateTimeField(null=True)
    nonce = models.BinaryField(max_length=NONCE_BYTES)
    checks_run = models.PositiveIntegerField(default=0)
    checks_started_at = models.DateTimeField(null=True)
    checks_ended_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(null=True)
    approval = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, null=True, related_name="+")
    activated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("key registration")
        verbose_name_plural = _("key registrations")
        indexes: ClassVar = [
            models.Index(fields=["organization", "-started_at", "-id"], name="byok_registration_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key_arn"], condition=Q(state__in=sorted(HELD)), name="byok_registration_one_owner"
            ),
            models.UniqueConstraint(
                fields=["organization"], condition=Q(state=State.ACTIVE), name="byok_registration_one_active"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(HELD))
                | Q(key_arn__gt="", granted_at__isnull=False, verified_at__isnull=False, proved_at__isnull=False),
                name="byok_registration_steps_first",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(HELD)) | Q(approval__isnull=False),
                name="byok_registration_approval_first",
            ),
            models.CheckConstraint(
                condition=Q(access=Access.KEY_POLICY) | Q(role_arn__gt="") | Q(key_arn=""),
                name="byok_registration_role_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alias or self.pk} ({self.get_state_display()})"

    @property
    def is_open(self) -> bool:
        """Return whether anything can still be decided about it."""
        return self.state in OPEN

    @property
    def nonce_text(self) -> str:
        """Return the nonce as the customer's command carries it: 64 hexadecimal digits."""
        return bytes(self.nonce).hex()
