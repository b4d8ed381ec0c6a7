"""The person whose data is protected. Every field but the reference is sealed to its row."""

from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from ascend.fields import (
    EncryptedCharField,
    EncryptedDateField,
    EncryptedEmailField,
    EncryptedQuerySet,
    EncryptedTextField,
)


class PersonRecordQuerySet(EncryptedQuerySet):
    """Reads of person records. Each begins with the organization."""

    def for_organization(self, organization_id: UUID) -> Self:
        """Keep the records of one organization."""
        return self.filter(organization_id=organization_id)

    def newest_first(self) -> Self:
        """Order as the list does; a UUID breaks ties within one import."""
        return self.order_by("-created_at", "-id")


class PersonRecord(models.Model):
    """One person. Only `reference`, `created_at` and the blind indexes can be read without the keys.

    The indexes tell a reader of the database which rows share a name, a domain, a birth year, and
    how often each occurs. Take values with few possibilities as known to them.
    """

    organization_field = "organization_id"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    reference = models.CharField(_("reference"), max_length=64)
    created_at = models.DateTimeField(_("created"), editable=False)

    name = EncryptedCharField(_("name"), max_length=200, null=True, bind="row", indexes=["casefold"])
    email = EncryptedEmailField(
        _("e-mail"), max_length=254, null=True, bind="row", indexes=["casefold", "email-domain"]
    )
    phone = EncryptedCharField(_("phone"), max_length=40, null=True, bind="row", indexes=["digits"])
    ssn = EncryptedCharField(_("SSN or national id"), max_length=32, null=True, bind="row", indexes=["digits", "last4"])
    date_of_birth = EncryptedDateField(_("date of birth"), null=True, bind="row", indexes=["exact", "year"])
    account_number = EncryptedCharField(
        _("account number"), max_length=64, null=True, bind="row", indexes=["exact", "last4"]
    )
    address = EncryptedTextField(_("address"), max_length=500, null=True, bind="row")
    notes = EncryptedTextField(_("notes"), max_length=10_000, null=True, bind="row")

    objects = PersonRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("person record")
        verbose_name_plural = _("person records")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "reference"], name="records_person_reference_once"),
            models.CheckConstraint(condition=~Q(reference=""), name="records_person_reference_given"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at", "-id"], name="records_person_newest"),
        ]

    def __str__(self) -> str:
        return self.reference
