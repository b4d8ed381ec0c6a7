"""One process of `revocation.py`: protected operations on two organizations in turn, each written down when it ended.

    python benchmarks/revocation_load.py web|worker PLAN RESULTS

A web process asks for pages that show protected values, through the whole of Django. A worker reads, searches and
writes rows as a slice of background work does. A line of RESULTS: end on the monotonic clock, organization, 1 for
success, seconds.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[1]))

Operation = Callable[[dict[str, Any]], None]


class Refused(Exception):
    """The portal answered 503."""


def web(organizations: list[dict[str, Any]]) -> Iterator[Operation]:
    """Yield requests for one person's page."""
    from django.conf import settings
    from django.test import Client

    clients = {about["id"]: Client() for about in organizations}
    for about in organizations:
        clients[about["id"]].cookies[settings.SESSION_COOKIE_NAME] = about["session"]

    def page(about: dict[str, Any]) -> None:
        answer = clients[about["id"]].get(f"/records/{about['record']}/")
        if answer.status_code != 200 or about["shown"] not in answer.content.decode():
            raise Refused(answer.status_code)

    while True:
        yield page


def worker(organizations: list[dict[str, Any]]) -> Iterator[Operation]:
    """Yield a write, a read and a search in turn."""
    from ascend.scope import organization_scope
    from records.models import PersonRecord

    written = count()

    def rows(about: dict[str, Any]) -> Any:
        return PersonRecord.objects.for_organization(about["id"]).filter(pk=about["written"][os.environ["NUMBER"]])

    def write(about: dict[str, Any]) -> None:
        note = f"note {next(written)}"
        row = rows(about).get()
        row.notes = note
        row.save(update_fields=["notes"])

    def read(about: dict[str, Any]) -> None:
        assert rows(about).get().notes

    def search(about: dict[str, Any]) -> None:
        assert PersonRecord.objects.for_organization(about["id"]).filter(ssn__last4=about["last4"]).exists()

    def within(operation: Operation) -> Operation:
        def scoped(about: dict[str, Any]) -> None:
            with organization_scope(UUID(about["id"])):
                operation(about)

        return scoped

    while True:
        yield from map(within, (write, read, search))


def main(kind: str, plan: Path, results: Path) -> None:
    """Work at the plan's pace until the plan's file is gone."""
    import django

    django.setup()
    from ascend.keychain.errors import KeyUnavailable

    about = json.loads(plan.read_text(encoding="utf-8"))
    operations = {"web": web, "worker": worker}[kind](about["organizations"])
    pause, next_at = 1 / about["operations_per_second"], time.monotonic()
    with results.open("w", buffering=1, encoding="utf-8") as lines:
        while plan.exists():
            operation = next(operations)
            for organization in about["organizations"]:
                started, is_good = time.monotonic(), 1
                try:
                    operation(organization)
                except (KeyUnavailable, Refused):
                    is_good = 0
                ended = time.monotonic()
                lines.write(f"{ended:.4f} {organization['id']} {is_good} {ended - started:.4f}\n")
                next_at = max(next_at + pause, ended)
                time.sleep(max(0.0, next_at - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
