"""`manage.py prober`: the long-lived process that asks every organization's key store whether its key works."""

import signal
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from ascend.keychain import memory
from ascend.keychain.prober import Prober


class Command(BaseCommand):
    """Run the prober until SIGTERM or SIGINT."""

    help = "Probe the organizations' master keys; suspends at a refusal, resumes after two good probes."

    def handle(self, *args: Any, **options: Any) -> None:
        """Probe until told to stop."""
        memory.harden_process()
        prober = Prober()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: prober.stopping.set())
        self.stdout.write(_("Probing; SIGTERM ends it."))
        self.stdout.flush()
        prober.run()
