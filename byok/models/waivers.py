"""Who acknowledged which text of the waiver, and when. Rows are added, never changed (trigger)."""

from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organization


class AcknowledgementQuerySet(models.QuerySet["Acknowledgement"]):
    """Reads of acknowledgements."""

    def for_organization(self, organization_id: UUID) -> Self:
        """Keep those of one organization."""
        return self.filter(organization_id=organization_id)


class Acknowledgement(models.Model):
    """One officer's signature under one version of the text. `sha256` is of the text's UTF-8 bytes, 64 hex digits."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    typed_name = models.CharField(max_length=200)
    acknowledge_data_loss_risk = models.BooleanField()
    acknowledge_key_management_responsibility = models.BooleanField()
    acknowledge_no_liability = models.BooleanField()
    acknowledged_at = models.DateTimeField()

    objects = AcknowledgementQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    acknowledge_data_loss_risk=True,
                    acknowledge_key_management_responsibility=True,
                    acknowledge_no_liability=True,
                ),
                name="byok_waiver_all_three",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "version", "-acknowledged_at"], name="byok_waiver_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.version} by {self.person_id}"
