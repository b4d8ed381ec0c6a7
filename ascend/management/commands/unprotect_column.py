"""`manage.py unprotect_column app.Model.field`: writes values back into the old column, in clear, by permission."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from ascend import authority
from ascend.authority import NotAuthorized
from ascend.campaigns import closing
from ascend.campaigns.forecast import forecast
from ascend.campaigns.protecting import Unprotect
from ascend.campaigns.target import Target
from ascend.management import columns

NOT_ALLOWED = 3


class Command(BaseCommand):
    """Exit codes: 0 done, 1 rows are left, 2 bad input, 3 not allowed, 130 stopped by Ctrl-C."""

    help = "Write a column's values back into its old column, in clear. Asks ASCEND_AUTHORITY first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what every command over a column takes."""
        columns.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, then go back."""
        target = columns.target_of(options)
        if not (target.field.window and target.field.window.is_of_plaintext):
            why = _("The old column holds another package's ciphertext, which is read and never written.")
            raise columns.bad_input(why)
        work = Unprotect(target)
        if options["dry_run"]:
            told = forecast(work)
            self.stdout.write(_("%s rows would stand in clear again.") % f"{told.rows:,}")
            return
        self._ask(target)
        closing.reopen(target)
        campaign = columns.work_off(self, work, options)
        columns.say_failures(self, campaign)
        self.stdout.write(_("%s rows stand in clear.") % f"{target.old_values_left():,}")

    def _ask(self, target: Target) -> None:
        try:
            authority.ask("unprotect", organization_id=target.organization_id, subject=target.label)
        except NotAuthorized as refusal:
            raise CommandError(str(refusal), returncode=NOT_ALLOWED) from None
