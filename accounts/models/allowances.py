"""What a person has used of an hourly allowance."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.people import Person


class Allowance(models.Model):
    """The moments of the last hour at which a person used a limited thing, oldest first."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)
    used_at = ArrayField(models.DateTimeField(), default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "kind"], name="accounts_allowance_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id}"
