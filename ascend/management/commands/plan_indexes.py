"""`manage.py plan_indexes`: how many bits each blind index should keep, and what its reader learns."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ascend.envelope import planning, populations
from ascend.envelope.planning import Finding, Forecast
from ascend.fields import EncryptedDateField, inventory

BAD_INPUT = 2
WHOLE_VALUES = {"exact", "casefold"}
LEARNS = {
    Finding.KNOWN: gettext_lazy("few values are possible: take each as known"),
    Finding.EQUALITY: gettext_lazy("equal values and their frequencies"),
    Finding.PIECES: gettext_lazy("which pieces stand together, and the length"),
    Finding.DISTANCES: gettext_lazy("which values are near one another, nearly the order"),
    Finding.SLOW: gettext_lazy("(searches open more wrong rows than the square root of the table)"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One index of the project, as it is and as it should be."""

    field: str
    index: str
    population: int
    now: Forecast
    recommended: Forecast


class Command(BaseCommand):
    """Print a table, or JSON, of every blind index of the installed apps."""

    help = (
        "Say for a table's size how many bits each blind index should keep, and what a reader of the database learns."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size of the tables, and what is known of their values."""
        parser.add_argument("--rows", type=int, required=True, help="Rows of one organization in each table.")
        parser.add_argument(
            "--population",
            action="append",
            default=[],
            metavar="INDEX=COUNT",
            help='How many different values an index can have: "year=80" or "records.person.name:prefix-3=900".',
        )
        parser.add_argument("--json", action="store_true", help="Print JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Forecast each index at its width and at the recommended one."""
        rows = options["rows"]
        if rows < 1:
            raise CommandError(_("--rows is the number of rows, 1 or more."), returncode=BAD_INPUT)
        plans = list(planned(rows, known_populations(options["population"])))
        if options["json"]:
            self.stdout.write(json.dumps({"rows": rows, "indexes": [asdict(plan) for plan in plans]}, indent=2))
        else:
            self._print(rows, plans)

    def _print(self, rows: int, plans: list[Plan]) -> None:
        if not plans:
            self.stdout.write(_("No installed app has a blind index."))
            return
        heading = (
            _("index"),
            _("bits"),
            _("advised"),
            _("values/digest"),
            _("wrong rows/search"),
            _("a reader learns"),
        )
        self._print_table([heading, *(cells(plan) for plan in plans)])
        for field, found in groupby(plans, key=lambda plan: plan.field):
            alike = planning.rows_alike(rows, [plan.recommended for plan in found])
            self.stdout.write(_("%(field)s: all its indexes together leave %(rows)s other rows alike.") % {
                "field": field, "rows": short(alike)})  # fmt: skip

    def _print_table(self, lines: list[tuple[str, ...]]) -> None:
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(padded).rstrip())
        self.stdout.write("")


def planned(rows: int, known: Mapping[str, int]) -> Iterable[Plan]:
    """Yield a plan for each index of each protected field.

    Raises:
        CommandError: a population was given for an index that no field has.
    """
    unused = set(known)
    for protected in inventory.protected_fields():
        field: Any = protected.model._meta.get_field(protected.field)
        for index in field.scheme.indexes:
            names = (f"{protected.label}:{index.name}", index.name)
            unused -= set(names)
            population = next((known[name] for name in names if name in known), possible_values(field, index.name))
            work = populations.workload(index.name, rows, population)
            at_present = planning.forecast(work, index.bits)
            yield Plan(protected.label, index.name, work.population, at_present, planning.recommend(work))
    if unused:
        raise CommandError(_("No field has the index %s.") % ", ".join(sorted(unused)), returncode=BAD_INPUT)


def possible_values(field: Any, index: str) -> int | None:
    """Return how many values a whole-value index of this field can have, where the field itself says so."""
    if index not in WHOLE_VALUES:
        return None
    if field.choices:
        return len(field.flatchoices)
    return populations.LIFETIME_DAYS if isinstance(field, EncryptedDateField) else None


def known_populations(given: Iterable[str]) -> dict[str, int]:
    """Return what `--population` says.

    Raises:
        CommandError: it does not read INDEX=COUNT, with a count of 1 or more.
    """
    known = {}
    for pair in given:
        name, _equals, count = pair.partition("=")
        if not name or not count.isascii() or not count.isdecimal() or int(count) < 1:
            message = _('--population reads INDEX=COUNT, "year=80" for example; "%s" does not.') % pair
            raise CommandError(message, returncode=BAD_INPUT)
        known[name] = int(count)
    return known


def cells(plan: Plan) -> tuple[str, ...]:
    """Return one line of the table; the forecasts are those of the recommended width."""
    found = plan.recommended
    learns = "; ".join(str(LEARNS[finding]) for finding in found.findings) or _("groups of values, not single ones")
    return (
        f"{plan.field}:{plan.index}",
        str(plan.now.bits),
        str(found.bits),
        short(1 + found.coincidences),
        short(found.false_positives),
        learns,
    )


def short(count: float) -> str:
    """Return a count for people: three digits, and nothing smaller than a thousandth."""
    return f"{count:,.0f}" if count >= 100 else f"{count:.3g}" if count >= 0.001 else "0"  # noqa: PLR2004
