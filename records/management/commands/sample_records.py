"""`manage.py sample_records`: invented people for every sample organization that has none."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.models import Membership, Organization
from accounts.roles import Role
from records.services import sample


class Command(BaseCommand):
    """Fill the sample organizations, through the same path as an uploaded file."""

    help = "Store invented people in each sample organization that holds nobody yet."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Import the sample for each of them in the name of its first data steward."""
        for organization in Organization.objects.filter(is_sample=True):
            steward = Membership.objects.for_organization(organization.pk).holding(Role.STEWARD).first()
            if steward is None or sample.has_people(organization.pk):
                continue
            imported = sample.load(organization.pk, person_id=steward.person_id, now=timezone.now())
            self.stdout.write(f"{organization.name}: {imported} invented people")
