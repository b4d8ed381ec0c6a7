"""`manage.py protect_column app.Model.field`: moves what a column holds in its old form, and closes its window."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from ascend.campaigns import closing, opening
from ascend.campaigns.errors import OldValuesLeft
from ascend.campaigns.forecast import Forecast, forecast
from ascend.campaigns.protecting import DOES_NOT_OPEN, Protect
from ascend.campaigns.target import Target
from ascend.management import aftercare, columns


class Command(BaseCommand):
    """Exit codes: 0 done, 1 rows are left, 2 bad input, 130 stopped by Ctrl-C."""

    help = "Seal what a column holds in its old form, batch by batch, while the application runs. Resumable."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what every command over a column takes, and two more."""
        columns.add_arguments(parser)
        parser.add_argument(
            "--verify",
            action="store_true",
            help="Open each new value and compare it with the old one before that is cleared; at the end, open all.",
        )
        closing_help = "Store that no old value is left; from then on one is an alarm."
        parser.add_argument("--close", action="store_true", help=closing_help)

    def handle(self, *args: Any, **options: Any) -> None:
        """Forecast, close, or move and verify."""
        target = columns.target_of(options)
        work = Protect(target, verify=options["verify"])
        if options["dry_run"]:
            pace = columns.pace_of(options)
            return self._say(forecast(work, rows_per_second=pace.rows_per_second))
        if options["close"]:
            return self._close(target)
        campaign = columns.work_off(self, work, options)
        damaged = self._verify(target) if options["verify"] else 0
        columns.say_failures(self, campaign)
        if damaged:
            raise CommandError(_("%d values do not open.") % damaged, returncode=columns.ROWS_LEFT)
        self._say_what_is_left(target)
        return None

    def _say(self, told: Forecast) -> None:
        self.stdout.write(_("%s rows hold an old value.") % f"{told.rows:,}")
        self.stdout.write(_("About %s bytes in the new columns.") % f"{told.stored_bytes:,}")
        self.stdout.write(_("About %s minutes, one worker, this machine.") % f"{told.minutes:,.1f}")
        sample = {"failed": len(told.sample_failures), "sample": told.sample}
        self.stdout.write(_("%(failed)d of a sample of %(sample)d could not be read.") % sample)
        for key, reason in list(told.sample_failures.items())[: columns.SHOWN_FAILURES]:
            self.stderr.write(f"  {key}: {reason}")
        if told.blocked_by:
            self.stderr.write(_("Keys are unavailable: %s") % told.blocked_by)

    def _close(self, target: Target) -> None:
        try:
            closed = closing.close(target)
        except OldValuesLeft as error:
            raise CommandError(str(error), returncode=columns.ROWS_LEFT) from None
        self.stdout.write(_("The window is closed.") if closed else _("The window was closed before."))
        self.stdout.write(aftercare.steps(target))

    def _verify(self, target: Target) -> int:
        """Open all values, name the rows whose value does not open, and count those."""
        found = opening.open_all(target)
        self.stdout.write(_("%s values open.") % f"{found.opened:,}")
        for key in found.damaged[: columns.SHOWN_FAILURES]:
            self.stderr.write(f"  {key}: {DOES_NOT_OPEN}")
        return len(found.damaged)

    def _say_what_is_left(self, target: Target) -> None:
        left = target.old_values_left()
        self.stdout.write(_("%s rows hold an old value.") % f"{left:,}")
        if not left:
            self.stdout.write(_("Next: manage.py protect_column %s --close") % target.field.label)
