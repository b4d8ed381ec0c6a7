"""`manage.py operator EMAIL NAME`: somebody who runs the portal and belongs to no organization."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.services import one_time, recovery
from audit.actor import Actor


class Command(BaseCommand):
    help = "Make an operator, who uses the stock admin at /admin/, and print a one-time sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who it is."""
        parser.add_argument("email", help="the operator's e-mail address")
        parser.add_argument("name", help="the operator's name")
        parser.add_argument("--url", help="the portal's address, for the printed link (default: PORTAL_URL)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make and print; exit with 2 where the address is taken."""
        try:
            token = recovery.make_operator(
                email=options["email"], name=options["name"], actor=Actor.system("operator"), now=timezone.now()
            )
        except recovery.AddressTaken as error:
            raise CommandError(f"Somebody has the e-mail address {options['email']} already.", returncode=2) from error
        self.stdout.write(f"One-time sign-in: {one_time.address_of(token, url=options['url'])}")
