"""What the commands over a column share: which one is meant, how it goes on, and what is said at the end."""

import signal
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.core.management.base import BaseCommand, CommandError
from django.db import connections, router
from django.utils.translation import gettext as _

from ascend import conf
from ascend.campaigns import lifecycle
from ascend.campaigns.errors import NotPossible
from ascend.campaigns.models import Campaign, State
from ascend.campaigns.pace import FIRST, LARGEST, SMALLEST, Pace
from ascend.campaigns.run import LEASE_SECONDS, Options, run
from ascend.campaigns.target import Target
from ascend.campaigns.work import Work
from ascend.fields.base import EncryptedField
from ascend.management.progress import Display

BAD_INPUT: Final = 2
ROWS_LEFT: Final = 1
INTERRUPTED: Final = 130
SHOWN_FAILURES: Final = 20


def add_arguments(parser: ArgumentParser) -> None:
    """Take the column, the database, the organization and the pace."""
    parser.add_argument("column", metavar="app.Model.field", help="The encrypted field that declares accept=.")
    parser.add_argument("--database", default="", help="The alias of the database; the router decides if left out.")
    parser.add_argument(
        "--organization", default="", help="Whose keys seal the rows, if the model does not say: a UUID."
    )
    parser.add_argument("--dry-run", action="store_true", help="Say rows, bytes and minutes, and write nothing.")
    parser.add_argument("--rows-per-second", type=float, default=0, help="Never do more than this.")
    parser.add_argument("--target-ms", type=float, default=200, help="How long a batch may hold its rows (200).")
    parser.add_argument("--batch-rows", type=int, default=FIRST, help=f"Rows of the first batches ({FIRST}).")
    parser.add_argument(
        "--lease-seconds", type=float, default=LEASE_SECONDS, help="When a dead worker's batch is free."
    )
    parser.add_argument("--retry", action="store_true", help="Try the rows again that failed.")


def target_of(options: Mapping[str, Any]) -> Target:
    """Return the column that was named.

    Raises:
        CommandError: there is none such, or it cannot be worked on; exit code 2.
    """
    field = _field(options["column"])
    using = options["database"] or router.db_for_write(field.model)
    if using not in connections:
        raise bad_input(_("There is no database called %s.") % using)
    if Campaign._meta.db_table not in connections[using].introspection.table_names():
        message = _("The database %(name)s has no campaign tables: run migrate --database %(name)s.")
        raise bad_input(message % {"name": using})
    target = Target(field, using, _organization(field, options["organization"]))
    try:
        target.replaced, target.key  # noqa: B018 (each raises where the column cannot be worked on)
    except (NotPossible, FieldDoesNotExist) as error:
        raise bad_input(str(error)) from None
    return target


def _field(path: str) -> EncryptedField[Any, Any]:
    label, _dot, name = path.rpartition(".")
    try:
        field = apps.get_model(label)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        raise bad_input(_("There is no field %s. Write it as app.Model.field.") % path) from None
    if not isinstance(field, EncryptedField):
        raise bad_input(_("%s is no encrypted field.") % path)
    return field


def _organization(field: EncryptedField[Any, Any], given: str) -> UUID | None:
    if getattr(field.model, "organization_field", None):
        if given:
            raise bad_input(_("Each row of this model names its organization: leave --organization out."))
        return None
    try:
        organization_id = UUID(given) if given else conf.default_organization()
    except ValueError:
        raise bad_input(_("--organization is a UUID.")) from None
    if organization_id is None:
        raise bad_input(_("The model has no organization_field, and the project no default: give --organization."))
    return organization_id


def pace_of(options: Mapping[str, Any]) -> Pace:
    """Return how fast to go.

    Raises:
        CommandError: a number is out of range; exit code 2.
    """
    if options["rows_per_second"] < 0 or options["target_ms"] <= 0 or options["lease_seconds"] <= 0:
        raise bad_input(_("Rows per second, milliseconds and seconds are numbers above zero."))
    if not SMALLEST <= options["batch_rows"] <= LARGEST:
        raise bad_input(_("--batch-rows is %(low)d to %(high)d.") % {"low": SMALLEST, "high": LARGEST})
    return Pace(options["target_ms"], options["rows_per_second"] or None, options["batch_rows"])


def bad_input(message: str) -> CommandError:
    """Return the error for what was typed: exit code 2."""
    return CommandError(message, returncode=BAD_INPUT)


def work_off(command: BaseCommand, work: Work, options: Mapping[str, Any]) -> Campaign:
    """Run the column's campaign in this process until it ends or the person stops it; show how it goes.

    Raises:
        CommandError: it was interrupted (exit code 130), or a campaign of another kind runs.
    """
    pace = pace_of(options)
    try:
        campaign = lifecycle.open_campaign(work, retry=options["retry"])
    except NotPossible as error:
        raise bad_input(str(error)) from None
    display = Display(command.stdout, lifecycle.progress(campaign))
    with _asked_to_stop() as stop, suppress(KeyboardInterrupt):
        run(campaign, work, Options(pace, options["lease_seconds"], stop, display.show, display.every_seconds))
    campaign.refresh_from_db()
    display.end(lifecycle.progress(campaign))
    if campaign.state == State.RUNNING:
        raise CommandError(_("Stopped. Nothing is lost: run the command again to go on."), returncode=INTERRUPTED)
    return campaign


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C end the run behind the batch in hand, and a second one at once: it rolls back."""
    asked: list[int] = []

    def remember(number: int, _frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say_failures(command: BaseCommand, campaign: Campaign) -> None:
    """Print the rows that could not be done, by their keys; no message holds a value.

    Raises:
        CommandError: there are some; exit code 1.
    """
    count = lifecycle.progress(campaign).failed
    if not count:
        return
    for failed in lifecycle.failures(campaign, SHOWN_FAILURES):
        command.stderr.write(f"  {failed.key}: {failed.reason}")
    if count > SHOWN_FAILURES:
        command.stderr.write(_("  and %d more, in the table ascend_campaign_failure") % (count - SHOWN_FAILURES))
    message = _("%d rows could not be done and are as they were. Repair them, then run the command with --retry.")
    raise CommandError(message % count, returncode=ROWS_LEFT)
