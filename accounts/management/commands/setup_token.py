"""`manage.py setup_token`: the right to set the portal up, for whoever can read this terminal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts import conf
from accounts.services import set_up


class Command(BaseCommand):
    help = "Print a set-up token (an earlier one no longer works). Only while no organization exists."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address that people open, where it is not PORTAL_URL."""
        parser.add_argument("--url", help="the portal's address (default: PORTAL_URL)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print where to go and what to type there; `make run` calls this at every start."""
        address = (options["url"] or conf.portal_url()).rstrip("/")
        try:
            token = set_up.make_token(now=timezone.now())
        except set_up.AlreadySetUp:
            self.stdout.write(f"The portal is set up. Sign in at {address}/login/")
            return
        self.stdout.write(f"Set the portal up at {address}/setup/")
        self.stdout.write(f"Set-up token (works once): {token}")
