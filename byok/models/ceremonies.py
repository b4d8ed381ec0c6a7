"""The import of a key that its owner made: a row that two people work on, so that it can be left and taken up again.

No key and no wrapped key is kept here: what arrives goes straight to the key store, and its hash stays.
"""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from ascend.providers.importing import Check, CheckValue, Parameters, Wrapping

URI_CHARACTERS = 500
HASH_BYTES = 32


class Stage(models.TextChoices):
    """Where a ceremony stands. `TAKING` is the moment in which the key store has the file."""

    OPEN = "open", _("Waiting for the wrapped key")
    TAKING = "taking", _("Being imported")
    IMPORTED = "imported", _("Waiting for a second person")
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


UNFINISHED = frozenset({Stage.OPEN, Stage.TAKING, Stage.IMPORTED})
HOLDS_KEY = frozenset({Stage.IMPORTED, Stage.CONFIRMED})


class CeremonyQuerySet(models.QuerySet["Ceremony"]):
    """Reads of ceremonies."""

    def for_organization(self, organization_id: UUID) -> Self:
        """Keep those of one organization."""
        return self.filter(organization_id=organization_id)

    def overdue(self, now: datetime) -> Self:
        """Keep unfinished ones whose time is over."""
        return self.filter(stage__in=sorted(UNFINISHED), expires_at__lte=now)

    def with_ending_material(self, before: datetime) -> Self:
        """Keep confirmed ones whose material ends before a moment."""
        return self.filter(stage=Stage.CONFIRMED, material_expires_at__lte=before)

    def newest_first(self) -> Self:
        """Order by when they were begun, with the names of people at hand."""
        return self.select_related("started_by", "taken_by", "confirmed_by").order_by("-started_at", "-id")


class Ceremony(models.Model):
    """One key on its way in. `file_sha256` is of the wrapped file; one file is taken once, whoever sends it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.OPEN)
    provider_uri = models.CharField(max_length=URI_CHARACTERS)
    wrapping = models.CharField(max_length=32)
    public_key = models.BinaryField()
    import_token = models.BinaryField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    file_sha256 = models.BinaryField(max_length=HASH_BYTES, null=True)
    claimed_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    material_id = models.CharField(max_length=200, blank=True)
    material_expires_at = models.DateTimeField(null=True)
    announced_days = models.PositiveSmallIntegerField(null=True)
    check_kind = models.CharField(max_length=8, blank=True)
    check_value = models.BinaryField(null=True)
    check_block = models.BinaryField(null=True)

    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = CeremonyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key import")
        verbose_name_plural = _("key imports")
        indexes: ClassVar = [
            models.Index(fields=["organization", "-started_at", "-id"], name="byok_ceremony_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["file_sha256"], name="byok_ceremony_file_once"),
            models.UniqueConstraint(
                fields=["provider_uri"], condition=Q(stage__in=sorted(HOLDS_KEY)), name="byok_ceremony_one_key"
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=sorted(HOLDS_KEY)) | Q(taken_by__isnull=False, check_value__isnull=False),
                name="byok_ceremony_taken_first",
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.CONFIRMED) | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="byok_ceremony_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("taken_by")),
                name="byok_ceremony_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} ({self.get_stage_display()})"

    @property
    def parameters(self) -> Parameters:
        """Return what the owner wraps under."""
        token = bytes(self.import_token)
        return Parameters(Wrapping(self.wrapping), bytes(self.public_key), token, self.expires_at)

    @property
    def said(self) -> CheckValue | None:
        """Return what the store said of the key that it holds; None before the import."""
        if self.check_value is None:
            return None
        return CheckValue(Check(self.check_kind), bytes(self.check_value), bytes(self.check_block or b""))
