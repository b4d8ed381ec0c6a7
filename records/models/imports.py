"""One import of one file: what it is doing, how far it is, and what was wrong with the file.

A row of the file never stands here: the file itself is a sealed spool, issues have no values, and
the names of its columns are read from the spool when a page shows them.
"""

from datetime import timedelta
from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization


class State(models.TextChoices):
    """Where an import stands. `blocked` is not among them: a job keeps its state while its key is away."""

    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    IMPORTING = "importing", _("Importing")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")
    FAILED = "failed", _("Failed")


WORKING = frozenset({State.CHECKING, State.IMPORTING})
ENDED = frozenset({State.DONE, State.CANCELLED, State.EXPIRED, State.FAILED})


class Failure(models.TextChoices):
    """Why an import ended without its fault being in a row."""

    SPOOL_LOST = "spool_lost", _("The sealed copy of the file is gone. Upload the file again.")
    SPOOL_DAMAGED = "spool_damaged", _("The sealed copy of the file does not open. Upload the file again.")
    REPEATED_ERROR = (
        "repeated_error",
        _("The import stopped twenty times at the same place. The log of the worker says why."),
    )


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    """Reads of imports, and the two conditions that decide who may work on one."""

    def for_organization(self, organization_id: UUID) -> Self:
        """Keep the imports of one organization."""
        return self.filter(organization_id=organization_id)

    def newest_first(self) -> Self:
        """Order as the list does."""
        return self.order_by("-created_at", "-id")

    def claimable(self) -> Self:
        """Keep jobs with work to do that no worker holds, by the clock of the database."""
        return self.filter(
            Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now()),
            Q(retry_at=None) | Q(retry_at__lt=Now()),
            state__in=WORKING,
        )

    def with_old_spool(self, lifetime: timedelta) -> Self:
        """Keep unfinished jobs whose file was uploaded longer than `lifetime` ago."""
        return self.exclude(state__in=ENDED).filter(created_at__lt=Now() - lifetime)


class ImportJob(models.Model):
    """One import. `cursor_*` advance in the transaction that writes the rows they count.

    `fence` is raised by each claim: a worker that lost its lease finds another number and writes nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.UPLOADED)
    failure = models.CharField(max_length=20, blank=True)
    file_name = models.CharField(max_length=120)
    file_bytes = models.BigIntegerField()
    spool_id = models.UUIDField(unique=True, null=True)

    delimiter = models.CharField(max_length=1)
    first_row_offset = models.BigIntegerField()
    heading_row = models.PositiveIntegerField()
    targets = ArrayField(models.CharField(max_length=20), default=list)

    cursor_bytes = models.BigIntegerField(default=0)
    cursor_rows = models.BigIntegerField(default=0)
    rows_good = models.BigIntegerField(default=0)
    rows_bad = models.BigIntegerField(default=0)
    rows_existing = models.BigIntegerField(default=0)
    issues_found = models.BigIntegerField(default=0)
    fatal_reason = models.CharField(max_length=24, blank=True)
    rows_imported = models.BigIntegerField(default=0)
    rows_skipped = models.BigIntegerField(default=0)

    fence = models.BigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    blocked_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    started_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at", "-id"], name="records_import_newest"),
            models.Index(
                fields=["lease_expires_at"], name="records_import_work", condition=Q(state__in=sorted(WORKING))
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=sorted(ENDED)) | Q(spool_id__isnull=False), name="records_import_open_has_spool"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.IMPORTING, State.DONE]) | Q(accepted_by__isnull=False),
                name="records_import_accepted_first",
            ),
            models.CheckConstraint(
                condition=Q(cursor_bytes__lte=F("file_bytes")), name="records_import_cursor_within_file"
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def status(self) -> str:
        """Return the word for the state: `blocked` while the organization's key is away."""
        return "blocked" if self.blocked_at and self.state in WORKING else self.state

    @property
    def may_be_accepted(self) -> bool:
        """Return whether the dry run left something that can be imported."""
        return self.state == State.CHECKED and not self.fatal_reason and self.rows_good > 0


class ImportIssue(models.Model):
    """One thing wrong in the file: where and why, never what stands there. `column` is an index."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="issues")
    row = models.BigIntegerField()
    column = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=24)

    class Meta:
        ordering: ClassVar = ["row", "id"]

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"


class SeenReference(models.Model):
    """A reference that a dry run has met, so that the next row with it is told, however large the file."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="+", db_index=False)
    reference = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "reference"], name="records_seen_reference_once")
        ]

    def __str__(self) -> str:
        return f"reference of import {self.job_id}"
