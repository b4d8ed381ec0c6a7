"""The ladder of checks as a page shows it, and who may sign the waiver."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.models import Membership, Person
from accounts.roles import Role
from byok.checks.ladder import BY_SLUG
from byok.models import Check, Finding, Registration
from byok.services import checking

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MARKS = {
    Finding.WAITING: ("", "clock"),
    Finding.RUNNING: ("is-running", "rotate-clockwise"),
    Finding.PASSED: ("is-ok", "check"),
    Finding.WARNED: ("is-warn", "alert-triangle"),
    Finding.FAILED: ("is-bad", "x"),
    Finding.SKIPPED: ("", "ban"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One check and what came of it."""

    title: "StrOrPromise"
    finding: Finding
    css_class: str
    icon: str
    cause: str
    fix: str
    milliseconds: int | None


@dataclass(frozen=True, slots=True)
class RunView:
    """The last run. `has_stalled`: it began and nobody works on it any more."""

    number: int
    lines: Sequence[Line]
    is_running: bool
    has_stalled: bool
    has_passed: bool

    @property
    def failures(self) -> int:
        """Return how many checks failed."""
        return sum(line.finding == Finding.FAILED for line in self.lines)


def run_of(registration: Registration, now: datetime) -> RunView | None:
    """Return the last run, or None before the first."""
    if registration.checks_started_at is None:
        return None
    is_running = checking.is_running(registration, now)
    rows = Check.objects.of_run(registration.pk, registration.checks_run)
    return RunView(
        number=registration.checks_run,
        lines=tuple(_line(row) for row in rows),
        is_running=is_running,
        has_stalled=not is_running and registration.checks_ended_at is None,
        has_passed=registration.verified_at is not None,
    )


def officers(organization_id: UUID) -> list[Person]:
    """Return who may sign the waiver."""
    members = Membership.objects.filter(organization_id=organization_id, roles__contains=[Role.OFFICER])
    return [member.person for member in members.select_related("person").order_by("person__display_name")]


def _line(row: Check) -> Line:
    finding = Finding(row.finding)
    css_class, icon = MARKS[finding]
    return Line(BY_SLUG[row.slug].title, finding, css_class, icon, row.cause, row.fix, row.milliseconds)
