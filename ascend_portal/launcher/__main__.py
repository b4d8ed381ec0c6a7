"""`python -m ascend_portal.launcher`: start everything, say what happens, and end everything together."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from ascend_portal.embedded.account import NoAccount
from ascend_portal.embedded.postgres_binaries import NoBinaries
from ascend_portal.embedded.process import StartFailed, die_with_parent
from ascend_portal.embedded.valkey import NoServerProgram
from ascend_portal.launcher.data_directory import DataDirectory, Refused
from ascend_portal.launcher.options import Options
from ascend_portal.launcher.portal import Portal
from ascend_portal.launcher.report import Report

REFUSALS = (Refused, NoAccount, NoBinaries, NoServerProgram, StartFailed)


def main() -> int:
    """Run the portal until somebody ends it, and return the exit status."""
    os.umask(0o077)  # what any of our processes writes is for its owner only
    _obey_signals()
    report = Report()
    try:
        options = Options.from_environment()
        with DataDirectory(options.data_dir, address=options.address) as directory:
            Portal(options, directory, report).run()
    except KeyboardInterrupt:
        return 0
    except REFUSALS as error:
        report.failure(str(error))
        return 1
    return 0


def _obey_signals() -> None:
    """Treat SIGTERM, and the death of the `make` that started us, like Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    if os.environ.get("MAKELEVEL"):
        die_with_parent(os.getppid(), signal.SIGTERM)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
