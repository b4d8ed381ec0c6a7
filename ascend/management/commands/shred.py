"""`manage.py shred`: destroy the key of one person, go on with what was interrupted, and print the certificate."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ascend.authority import NotAuthorized
from ascend.keychain import certificates, restored_keys, shred_rows, shredding
from ascend.keychain.errors import KeychainError
from ascend.keychain.subject_models import Shred

POLL_SECONDS = 0.5


class Command(BaseCommand):
    """One action a call; without any it destroys the key of `--person`."""

    help = "Destroys the key of one person: what it sealed cannot be read any more, and nobody can undo that."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--organization", type=UUID, help="The organization's UUID.")
        parser.add_argument("--person", type=UUID, help="The person's UUID, as shred_with= names it.")
        parser.add_argument("--approved-by", default="", help="Who decided it; stands in the certificate.")
        parser.add_argument("--reason", default="", help="Why; stands in the certificate.")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")
        parser.add_argument("--wait", action="store_true", help="Wait for its end, and print the certificate.")
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--resume", action="store_true", help="Go on with every shredding that has not ended.")
        action.add_argument("--reapply", action="store_true", help="After a restore: destroy again what came back.")
        action.add_argument("--renew", action="store_true", help="Give a person whose key was destroyed a new one.")
        action.add_argument("--certificate", type=UUID, metavar="ID", help="Print the certificate of a shredding.")
        action.add_argument("--verify", type=Path, metavar="FILE", help="Verify a certificate.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is asked for.

        Raises:
            CommandError: it was refused; the message says why.
        """
        try:
            self._do(options)
        except (KeychainError, NotAuthorized) as refusal:
            raise CommandError(str(refusal)) from refusal

    def _do(self, options: dict[str, Any]) -> None:
        if options["verify"]:
            self._verify(options["verify"])
        elif options["certificate"]:
            self._print_certificate(_one(Shred.objects.filter(id=options["certificate"])))
        elif options["resume"]:
            self._say(shredding.resume())
        elif options["reapply"]:
            self._say(restored_keys.reapply())
        else:
            self._of_one_person(options)

    def _of_one_person(self, options: dict[str, Any]) -> None:
        for name in ("organization", "person", "approved_by"):
            if not options[name]:
                raise CommandError(_("Name the --organization, the --person and who decided it (--approved-by)."))
        who: dict[str, Any] = {
            "organization_id": options["organization"],
            "subject_id": options["person"],
            "approved_by": options["approved_by"],
        }
        if options["renew"]:
            shredding.renew(**who)
            self.stdout.write(_("The person has a new key. What the old one sealed stays unreadable."))
            return
        self._require_confirmation(options)
        record = shredding.shred(**who, reason=options["reason"])
        if options["wait"]:
            self._print_certificate(self._completed(record))
        else:
            self._say([record])

    def _require_confirmation(self, options: dict[str, Any]) -> None:
        if options["yes"]:
            return
        question = _("Destroy the key of the person %(person)s? Nobody can undo it. Type the person's UUID: ")
        if input(question % {"person": options["person"]}).strip() != str(options["person"]):
            raise CommandError(_("Nothing was done."))

    def _completed(self, record: Shred) -> Shred:
        while record.step != Shred.Step.COMPLETED:
            time.sleep(POLL_SECONDS)
            record = shredding.advance(record)
        return record

    def _say(self, records: Iterable[Shred]) -> None:
        for record in records:
            line = f"{record.id}  {record.get_step_display()}"
            if record.step == Shred.Step.ERASED:
                wait = max(0, int((shred_rows.unreadable_since(record) - timezone.now()).total_seconds()) + 1)
                line += "  " + _("ends in %(seconds)s s: then run `manage.py shred --resume`") % {"seconds": wait}
            self.stdout.write(line)

    def _print_certificate(self, record: Shred) -> None:
        self.stdout.write(certificates.to_text(certificates.issue(record)))

    def _verify(self, path: Path) -> None:
        try:
            text = path.read_bytes()
        except OSError as error:
            raise CommandError(str(error)) from error
        statement = certificates.verify(text)
        self.stdout.write(_("This deployment issued it."))
        for name in ("person", "unreadable_live_since", "unreadable_in_backups_since", "index_values_in_backups_until"):
            self.stdout.write(f"{name}: {statement[name]}")


def _one(records: QuerySet[Shred]) -> Shred:
    record = records.first()
    if record is None:
        raise CommandError(_("There is no such shredding."))
    return record
