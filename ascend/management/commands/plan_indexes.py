"""`manage.py plan_indexes`: how many bits each blind index should keep, and what a reader of the database learns."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ascend.envelope import planning
from ascend.envelope.planning import Finding, Forecast
from ascend.management.index_plans import (
    BAD_INPUT,
    Plan,
    declared_in,
    join_groups,
    known_populations,
    planned,
    thought_of,
)

LEARNS = {
    Finding.KNOWN: gettext_lazy("few values are possible: take each as known"),
    Finding.EQUALITY: gettext_lazy("equal values and their frequencies"),
    Finding.PIECES: gettext_lazy("which pieces stand together, and the length"),
    Finding.DISTANCES: gettext_lazy("which values are near one another, nearly the order"),
    Finding.SLOW: gettext_lazy("(searches open more wrong rows than the square root of the table)"),
}

JOINED = gettext_lazy('The join group "%(group)s" shows which values are equal, and how often, across %(columns)s.')


class Command(BaseCommand):
    """Print a table, or JSON, of every blind index of the installed apps."""

    help = (
        "Say for a table's size how many bits each blind index should keep, and what a reader of the database learns."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size of the tables, and what is known of their values."""
        parser.add_argument("--rows", type=int, required=True, help="Rows of one organization in each table.")
        parser.add_argument(
            "--model",
            action="append",
            default=[],
            metavar="APP.MODEL",
            help="Plan the indexes of this model only; without it those of all installed apps.",
        )
        parser.add_argument(
            "--index",
            action="append",
            default=[],
            metavar="NAME[:BITS]",
            help='Plan an index that no field declares yet: "ngram-3:8". Without --model, nothing else.',
        )
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
        declared = thought_of(options["index"])
        if options["model"] or not declared:
            declared = [*declared_in(options["model"]), *declared]
        plans = list(planned(rows, known_populations(options["population"]), declared))
        groups = join_groups(options["model"]) if any(plan.field for plan in plans) else {}
        if options["json"]:
            told = {"rows": rows, "indexes": [asdict(plan) for plan in plans], "join_groups": groups}
            self.stdout.write(json.dumps(told, indent=2))
        else:
            self._print(rows, plans)
            for name, columns in groups.items():
                self.stdout.write(JOINED % {"group": name, "columns": ", ".join(columns)})

    def _print(self, rows: int, plans: list[Plan]) -> None:
        if not plans:
            self.stdout.write(_("No installed app has a blind index."))
            return
        heading = (
            _("index"),
            _("bits"),
            _("values/digest"),
            _("wrong rows/search"),
            _("a reader of the database learns"),
        )
        self._print_table([heading, *(line for plan in plans for line in lines_of(plan))])
        for field, found in groupby((plan for plan in plans if plan.field), key=lambda plan: plan.field):
            self._print_field(rows, field, list(found))

    def _print_field(self, rows: int, field: str, plans: list[Plan]) -> None:
        """Say how far the indexes of one field together tell rows apart."""
        alike = {
            "field": field,
            "now": short(planning.rows_alike(rows, [plan.now for plan in plans])),
            "advised": short(planning.rows_alike(rows, [plan.recommended for plan in plans])),
        }
        told = _("%(field)s: by all its indexes together %(now)s other rows look like one; as advised, %(advised)s.")
        self.stdout.write(told % alike)

    def _print_table(self, lines: list[tuple[str, ...]]) -> None:
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(padded).rstrip())
        self.stdout.write("")


def lines_of(plan: Plan) -> list[tuple[str, ...]]:
    """Return the line of an index as it is and, where another width is advised, one below it."""
    lines = [cells(f"{plan.field}:{plan.index}".lstrip(":"), plan.now)]
    if plan.recommended.bits != plan.now.bits:
        lines.append(cells(_("  advised"), plan.recommended))
    return lines


def cells(title: str, found: Forecast) -> tuple[str, ...]:
    """Return one line of the table."""
    learns = "; ".join(str(LEARNS[finding]) for finding in found.findings) or _("groups of values, not single ones")
    return title, str(found.bits), short(1 + found.coincidences), short(found.false_positives), learns


def short(count: float) -> str:
    """Return a count for people: three digits, and nothing smaller than a thousandth."""
    return f"{count:,.0f}" if count >= 100 else f"{count:.3g}" if count >= 0.001 else "0"  # noqa: PLR2004
