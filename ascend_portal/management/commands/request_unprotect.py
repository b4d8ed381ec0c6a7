"""`manage.py request_unprotect app.model.field`: asks for the approval that `unprotect_column` needs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services.approvals.requesting import AlreadyRequested
from ascend.fields import open_windows
from ascend_portal.unprotecting import request_unprotection

BAD_INPUT = 2


class Command(BaseCommand):
    """Write the request; somebody else of the organization votes on it under /approvals/."""

    help = "Ask that a column's values may be written back in clear. Another person of the organization decides."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the column, who asks, and why."""
        parser.add_argument("label", metavar="app.model.field", help="The column's label, as unprotect_column says it.")
        parser.add_argument("--requester", required=True, help="The e-mail address of who asks.")
        parser.add_argument("--organization", required=True, help="The short name of their organization.")
        parser.add_argument("--reason", required=True, help="Why; it is stored.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check what was typed, and ask."""
        if options["label"] not in {window.label for window in open_windows()}:
            raise CommandError(_("%s is no column with an open window.") % options["label"], returncode=BAD_INPUT)
        asking = Membership.objects.filter(
            person__email=options["requester"].lower(), organization__slug=options["organization"]
        ).first()
        if asking is None:
            raise CommandError(_("Nobody of that organization has this address."), returncode=BAD_INPUT)
        try:
            wanted = request_unprotection(
                label=options["label"],
                organization_id=asking.organization_id,
                requester_id=asking.person_id,
                reason=options["reason"],
                now=timezone.now(),
            )
        except AlreadyRequested as error:
            raise CommandError(_("The same is being decided already."), returncode=BAD_INPUT) from error
        self.stdout.write(_("Asked: /approvals/%s/") % wanted.pk)
