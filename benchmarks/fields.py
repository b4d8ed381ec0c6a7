"""Encrypted fields beside plain ones and beside a bare AES-GCM field, in the same run, on a real keychain.

    python benchmarks/fields.py [--quick] [--postgresql] [--peers [NAME ...]] [--json FILE]

Each repeat makes fresh tables and measures every kind in turn; a ratio compares two kinds of the same repeat,
and the median over the repeats is printed. Four of six columns are encrypted, none is searchable unless said.
"bare" is a `BinaryField` around AES-GCM with an AAD: what no design of this kind can be faster than.

On SQLite everything happens in this process, and its processor time is the measure. On PostgreSQL the time on the
wall is printed as well: it has the server in it, and whatever else the machine does.
"""

import argparse
import atexit
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import field_lines, field_project, field_scaling, peers

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PG_VARIABLES = ("PGDATABASE", "PGUSER", "PGPASSWORD", "PGHOST", "PGPORT")


def database(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    if not arguments.postgresql:
        return field_project.sqlite(folder)
    if arguments.peer is None:
        from ascend_portal.embedded.postgres import PostgresServer

        server = PostgresServer()
        atexit.register(server.stop)
        started = server.start().environment
        # The environments of the peers get them from here.
        os.environ.update({name: started[name] for name in PG_VARIABLES if name in started})
    return field_project.postgresql(os.environ)


def show(title: str, lines: Mapping[str, Mapping[str, float]]) -> None:
    print(f"\n{title:<42}" + "".join(f"{name:>19}" for name in field_lines.LINES))
    for kind, line in lines.items():
        print(f"{kind:<42}" + "".join(f"{line.get(name, '–'):>19}" for name in field_lines.LINES))


def show_figures(title: str, figures: Mapping[str, float]) -> None:
    print(f"\n{title}")
    for name, figure in figures.items():
        print(f"    {name:<40}{figure:>12}")


def run(arguments: argparse.Namespace, kinds: Mapping[str, field_project.Kind]) -> dict[str, str | float]:
    """Measure and print; return the figures as one flat object."""
    count, saves, repeats = (2_000, 300, 3) if arguments.quick else (20_000, 1_000, 5)
    measured = field_lines.repeated(kinds, count, saves, repeats)
    told: dict[str, str | float] = {"rows": count, "repeats": repeats, "python": platform.python_version()}
    clocks = ("wall", "processor") if arguments.postgresql else ("processor",)
    for clock in clocks:
        lines = field_lines.ratios(measured, kinds, clock)
        show(f"ratio, {clock} time, {count:,} rows", lines)
        told |= {f"{clock}: {kind}: {name}": ratio for kind, line in lines.items() for name, ratio in line.items()}
    for line, by_kind in measured[0].items():
        if "plain" in by_kind:
            seconds = statistics.median(repeat[line]["plain"].wall for repeat in measured)
            told[f"plain seconds: {line}"] = round(seconds, 4)
    return told


def sections(arguments: argparse.Namespace, kinds: Mapping[str, field_project.Kind]) -> dict[str, str | float]:
    """Measure what must not grow, and what must not be there."""
    sizes = SIZES[:2] if arguments.quick else SIZES
    found: dict[str, Mapping[str, float]] = {
        "microseconds that encryption adds to a value": field_scaling.cost_by_size(kinds, sizes),
        "four threads beside one that opens as many values": field_scaling.cost_of_threads(kinds),
        "on the path of 8,000 values, written and read": field_scaling.found_on_the_path(kinds),
        "octets stored for 11 characters": {"field": field_scaling.octets_stored(kinds)},
    }
    for title, figures in found.items():
        show_figures(title, figures)
    return {f"{title}: {name}": figure for title, figures in found.items() for name, figure in figures.items()}


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 rows and 3 repeats instead of 20,000 and 5")
    parser.add_argument("--postgresql", action="store_true", help="on the embedded PostgreSQL instead of SQLite")
    parser.add_argument("--peers", nargs="*", metavar="NAME", help="other packages, each in an environment of its own")
    parser.add_argument("--peer", help=argparse.SUPPRESS)  # what runs inside such an environment
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    return parser.parse_args()


def measure(arguments: argparse.Namespace) -> dict[str, str | float]:
    from django.core.management import call_command

    from ascend.keychain import keyring
    from ascend.scope import organization_scope

    call_command("migrate", verbosity=0)
    with organization_scope(field_project.ORGANIZATION):
        if arguments.peer:
            told = run(arguments, peers.kinds(arguments.peer))
        else:
            kinds = field_project.kinds()
            told = run(arguments, kinds) | sections(arguments, kinds)
    keyring.close()
    return told


def main() -> None:
    arguments = parsed()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o700)
        settings = database(arguments, folder)
        if arguments.peers is not None:
            told = peers.run_all(arguments)
        else:
            field_project.configure(settings, folder, **peers.settings(arguments.peer, folder))
            told = measure(arguments)
    told["database"] = "postgresql" if arguments.postgresql else "sqlite"
    if arguments.json:
        arguments.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
