"""`manage.py reset_access EMAIL`: let somebody back in who is locked out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.services import one_time, recovery
from audit.actor import Actor


class Command(BaseCommand):
    help = "End a person's sign-ins, clear their lock-outs and print a one-time sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose access it is."""
        parser.add_argument("email", help="the person's e-mail address")
        parser.add_argument("--url", help="the portal's address, for the printed link (default: PORTAL_URL)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset and print; exit with 2 where there is no such person."""
        actor = Actor.system("reset_access")
        try:
            token = recovery.reset_access(email=options["email"], actor=actor, now=timezone.now())
        except recovery.UnknownPerson as error:
            raise CommandError(f"Nobody has the e-mail address {options['email']}.", returncode=2) from error
        self.stdout.write(f"Sign-ins ended. One-time sign-in: {one_time.address_of(token, url=options['url'])}")
