"""A search that somebody made: its digests, not its words. Its page is addressed by the random id."""

from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from accounts.models import Organization


class SearchQuerySet(models.QuerySet["Search"]):
    """Reads of searches."""

    def of(self, person_id: UUID, organization_id: UUID) -> Self:
        """Keep what this person searched in this organization and what has not expired."""
        return self.filter(person_id=person_id, organization_id=organization_id, expires_at__gt=Now())

    def expired(self) -> Self:
        """Keep what nobody can open any more."""
        return self.filter(expires_at__lte=Now())


class Search(models.Model):
    """One search of one person. `index` is the column of a blind index ("ssn_last4_a"), `digests` what to find in it.

    The digests are the index values that stand in the rows found, so this table tells a reader of
    the database nothing that the records do not.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    index = models.CharField(max_length=40)
    digests = ArrayField(models.BinaryField())
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    objects = SearchQuerySet.as_manager()

    class Meta:
        verbose_name_plural: ClassVar = "searches"

    def __str__(self) -> str:
        return f"search {self.pk}"
