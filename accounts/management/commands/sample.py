"""`manage.py sample`: two organizations to look around in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts.services import sample
from accounts.services.set_up import Invitation


class Command(BaseCommand):
    help = "Make the sample organizations where they are missing, and print a one-time sign-in for each person."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address that people open, where it is not PORTAL_URL."""
        parser.add_argument("--url", help="the portal's address, for the printed links (default: PORTAL_URL)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each organization with its people and their links."""
        for organization, invitations in sample.make_samples(now=timezone.now()).items():
            self.stdout.write(self.style.MIGRATE_HEADING(organization))
            for invitation in invitations:
                self.stdout.write(_line(invitation, options["url"]))


def _line(invitation: Invitation, url: str | None) -> str:
    roles = ", ".join(sorted(str(role.label) for role in invitation.roles))
    return f"  {invitation.person.display_name:<16} {roles:<34} {invitation.address(url)}"
