"""What the live checks of a registration found, line by line, while they run."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from byok.models.registrations import Registration


class Finding(models.TextChoices):
    """What came of one check. A warning does not stop activation."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    PASSED = "passed", _("Passed")
    WARNED = "warned", _("Passed, with a warning")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not run")


class CheckQuerySet(models.QuerySet["Check"]):
    """Reads of checks."""

    def of_run(self, registration_id: UUID, run: int) -> "CheckQuerySet":
        """Keep the lines of one run, in their order."""
        return self.filter(registration_id=registration_id, run=run).order_by("position")


class Check(models.Model):
    """One line of the ladder. `cause` and `fix` are sentences for the person who looks at it."""

    id = models.BigAutoField(primary_key=True)
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="checks")
    run = models.PositiveIntegerField()
    position = models.PositiveSmallIntegerField()
    slug = models.CharField(max_length=40)
    finding = models.CharField(max_length=8, choices=Finding.choices, default=Finding.WAITING)
    cause = models.CharField(max_length=1000, blank=True)
    fix = models.CharField(max_length=1000, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)

    objects = CheckQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["registration", "run", "position"], name="byok_check_once"),
        ]

    def __str__(self) -> str:
        return f"{self.slug}: {self.get_finding_display()}"
