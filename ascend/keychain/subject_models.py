"""The keys of single persons, in the key database, and what the main database remembers of their destruction.

Spec: docs/spec/keychain.md §12. No foreign key crosses from one database to the other: each row names what it
belongs to, and its seal binds it.
"""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ascend.keychain.models import SHORT_ID_BYTES, Algorithm
from ascend.keychain.states import State


class SubjectKey(models.Model):
    """The data key of one person in one organization, wrapped; without `wrapped` it is a tombstone."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization_id = models.UUIDField()
    environment = models.CharField(max_length=50)
    subject_id = models.UUIDField()
    # The service key (L3) in the main database that it is wrapped under.
    parent_id = models.UUIDField()
    short_id = models.BinaryField(max_length=SHORT_ID_BYTES, unique=True, editable=False)
    wrapped = models.BinaryField(null=True, editable=False)
    check_value = models.BinaryField(max_length=16, editable=False)
    algorithm = models.CharField(max_length=20, default=Algorithm.XAES_256_GCM.value)
    primary = models.BooleanField(default=True)
    state = models.CharField(max_length=12, default=State.ACTIVE.value)
    state_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True, blank=True)
    seal = models.BinaryField(max_length=32, editable=False)

    class Meta:
        verbose_name = _("key of a person")
        verbose_name_plural = _("keys of persons")
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "environment", "subject_id"], name="ascend_subjectkey_person")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ascend_subjectkey_state", condition=Q(state__in=[State.ACTIVE.value, State.DESTROYED.value])
            ),
            models.CheckConstraint(
                name="ascend_subjectkey_wrapped_until_destroyed",
                condition=Q(state=State.ACTIVE, wrapped__isnull=False, destroyed_at__isnull=True)
                | Q(state=State.DESTROYED, wrapped__isnull=True, destroyed_at__isnull=False, primary=False),
            ),
            models.UniqueConstraint(
                name="ascend_subjectkey_one_primary",
                fields=["organization_id", "environment", "subject_id"],
                condition=Q(primary=True),
            ),
        ]

    def __str__(self) -> str:
        return f"key of a person {self.id}"

    def __repr__(self) -> str:
        return f"<SubjectKey {self.id} {self.state}>"


class Shred(models.Model):
    """One crypto-shredding, in the main database: how far it is, and what its certificate says."""

    class Step(models.TextChoices):
        """From a decision to its end. What was requested is refused to every reader from then on."""

        REQUESTED = "requested", _("Requested")
        ERASED = "erased", _("Key erased")
        COMPLETED = "completed", _("Completed")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization_id = models.UUIDField()
    environment = models.CharField(max_length=50)
    subject_id = models.UUIDField()
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.REQUESTED)
    approved_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True, default="")
    lease_seconds = models.PositiveSmallIntegerField()
    key_retention_days = models.PositiveSmallIntegerField()
    data_retention_days = models.PositiveSmallIntegerField()
    requested_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    # Of each PostgreSQL database: the transaction id after which nothing is written under the key any more.
    fences = models.JSONField(default=dict)
    # What was found in each table; counts and names of columns, never a value.
    tables = models.JSONField(default=list)
    seal = models.BinaryField(max_length=32, editable=False)

    class Meta:
        verbose_name = _("crypto-shredding")
        verbose_name_plural = _("crypto-shreddings")
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "environment", "subject_id"], name="ascend_shred_person")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="ascend_shred_one_unfinished",
                fields=["organization_id", "environment", "subject_id"],
                condition=~Q(step="completed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.step}"


class ShreddedKey(models.Model):
    """A key that a shredding ended. It stays refused, whatever a restored key database says of it."""

    key_id = models.UUIDField(primary_key=True)
    short_id = models.BinaryField(max_length=SHORT_ID_BYTES, unique=True, editable=False)
    shred = models.ForeignKey(Shred, models.PROTECT, related_name="keys")

    def __str__(self) -> str:
        return f"{self.key_id}"
