"""`python -m ascend_portal.launcher.preparation N`: what must be true before the portal's processes start.

What people need to sign in is written to the file descriptor N, to be shown when they can.
A process of its own, so that the launcher itself never loads Django; one, so that Django is loaded once.
"""

import io
import os
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TextIO

import django
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

from ascend_portal.launcher.report import Report


def main(announcements: int) -> None:
    """Migrate, collect static files, and make the sample or the set-up token, as SAMPLE says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ascend_portal.settings")
    django.setup()
    report = Report()
    with report.step("database", "migrating"):
        call_command("migrate", interactive=False, verbosity=0)
    with report.step("static files", "collecting"):
        collect_static()
    with os.fdopen(announcements, "w", encoding="utf-8") as sign_ins:
        _people(report, sign_ins)


def _people(report: Report, sign_ins: TextIO) -> None:
    if not settings.DEMO:
        call_command("setup_token", stdout=sign_ins)
        return
    with report.step("people", "making the sample organizations"):
        call_command("sample", stdout=sign_ins)
    with report.step("records", "inventing a few people"):
        call_command("sample_records", stdout=io.StringIO())


def collect_static() -> None:
    """Collect and compress what the browser loads, unless nothing changed since the last time."""
    stamp, fingerprint = Path(settings.STATIC_ROOT) / ".collected", _fingerprint()
    with suppress(FileNotFoundError):
        if stamp.read_text() == fingerprint:
            return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(fingerprint)


def _fingerprint() -> str:
    """Return a hash over name, size and time of every static file."""
    digest = sha256()
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main(announcements=int(sys.argv[1]))
