"""How long protected operations go on after a customer disables their key, and how soon they are back.

    .venv/bin/python benchmarks/revocation.py [--quick] [--repeats N] [--json FILE]

Two web processes, two workers and the prober, on a real PostgreSQL, load two organizations whose keys are in a strict
KMS of this process. One key is disabled and enabled again: with Redis, without it, and with neither Redis nor prober.
The KMS here answers within milliseconds and obeys at once: what AWS takes to spread a change comes on top.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.revocation_deployment import LEASE_SECONDS, NO_REDIS, Deployment  # noqa: E402  (a script)

SETTLE_SECONDS, WAIT_SECONDS, WAIT_ALONE_SECONDS = 12.0, 14.0, 34.0
WARM_SECONDS, QUICK_WARM_SECONDS = 60.0, 20.0
START_SECONDS = 240.0
SHARES = 8
"""Four processes, two organizations: so many leases are held at a time."""


@dataclass(frozen=True)
class Line:
    """One operation of one process."""

    ended_at: float
    organization: str
    is_good: bool
    seconds: float


@dataclass
class Figures:
    """What one scenario measured, in seconds, over its repeats."""

    blocked: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    back_everywhere: list[float] = field(default_factory=list)
    other_errors: int = 0
    other_ratio: list[float] = field(default_factory=list)


def lines_of(paths: list[Path]) -> list[list[Line]]:
    """Return what each process has written so far."""
    found = []
    for path in paths:
        rows = [text.split() for text in path.read_text(encoding="utf-8").splitlines()]
        found.append([Line(float(row[0]), row[1], row[2] == "1", float(row[3])) for row in rows if len(row) == 4])
    return found


def successes(paths: list[Path], organization: str) -> list[list[float]]:
    """Return when each process had a success for the organization."""
    mine = [[line for line in rows if line.organization == organization] for rows in lines_of(paths)]
    return [[line.ended_at for line in rows if line.is_good] for rows in mine]


def wait_until_all_work(deployment: Deployment, paths: list[Path]) -> None:
    """Return when every process has had a success for both organizations since now."""
    began, deadline = time.monotonic(), time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if all(path.exists() for path in paths):
            ends = [successes(paths, about["id"]) for about in deployment.organizations]
            if all(max(process, default=0.0) > began for organization in ends for process in organization):
                return
        time.sleep(0.5)
    raise RuntimeError("the processes do not come to work")


def revoke(deployment: Deployment, paths: list[Path], figures: Figures) -> None:
    """Disable the first organization's key, wait, enable it, and note what the processes did meanwhile."""
    ours, other = deployment.organizations[0], deployment.organizations[1]["id"]
    before = time.monotonic()
    time.sleep(SETTLE_SECONDS)
    disabled = time.monotonic()
    deployment.kms.on_key("DisableKey", ours["key"])
    time.sleep(WAIT_SECONDS)
    enabled = time.monotonic()
    deployment.kms.on_key("EnableKey", ours["key"])
    wait_until_all_work(deployment, paths)
    ends = successes(paths, ours["id"])
    figures.blocked.append(max(at for process in ends for at in process if at < enabled) - disabled)
    back = [min(at for at in process if at > enabled) - enabled for process in ends]
    figures.back.append(min(back))
    figures.back_everywhere.append(max(back))
    lines = [line for rows in lines_of(paths) for line in rows if line.organization == other]
    note_other(figures, [line for line in lines if line.ended_at > before], disabled, enabled)


def note_other(figures: Figures, lines: list[Line], disabled: float, enabled: float) -> None:
    """Note how the other organization fared."""
    figures.other_errors += sum(not line.is_good for line in lines)
    calm = [line.seconds for line in lines if line.ended_at < disabled]
    during = [line.seconds for line in lines if disabled <= line.ended_at < enabled]
    figures.other_ratio.append(statistics.median(during) / statistics.median(calm))


def scenario(deployment: Deployment, repeats: int, *, redis: bool) -> Figures:
    """Revoke and give back with the prober running."""
    figures = Figures()
    with deployment.running(redis=redis, prober=True) as paths:
        wait_until_all_work(deployment, paths)
        for _ in range(repeats):
            revoke(deployment, paths, figures)
    return figures


def alone(deployment: Deployment) -> Figures:
    """Revoke with Redis stopped and the prober killed; a new prober brings the organization back."""
    figures, ours = Figures(), deployment.organizations[0]
    with deployment.running(redis=False, prober=False) as paths:
        wait_until_all_work(deployment, paths)
        time.sleep(SETTLE_SECONDS)
        disabled = time.monotonic()
        deployment.kms.on_key("DisableKey", ours["key"])
        time.sleep(WAIT_ALONE_SECONDS)
        ends = successes(paths, ours["id"])
        figures.blocked.append(max(at for process in ends for at in process) - disabled)
        deployment.kms.on_key("EnableKey", ours["key"])
        prober = deployment.start_prober(os.environ | deployment.environment | {"REDIS_URL": NO_REDIS})
        try:
            wait_until_all_work(deployment, paths)
        finally:
            prober.terminate()
            prober.wait(20)
    return figures


def warm(deployment: Deployment, seconds: float) -> dict[str, float]:
    """Count what a while of warm work costs at the KMS, probes apart."""
    with deployment.running(redis=True, prober=True) as paths:
        wait_until_all_work(deployment, paths)
        began, since = time.monotonic(), len(deployment.kms.calls)
        time.sleep(seconds)
        asked = [call for call in deployment.kms.calls[since:] if call.context.get("ascend:purpose") != "probe"]
        done = sum(line.is_good for rows in lines_of(paths) for line in rows if line.ended_at > began)
    each = round(len(asked) / (seconds / LEASE_SECONDS * SHARES), 2)
    return {"operations": done, "kms_calls": len(asked), "calls_per_lease": each, "seconds": seconds}


def flat(results: dict[str, Figures], counted: dict[str, float]) -> dict[str, float]:
    """Return one object of numbers."""
    found: dict[str, float] = {f"warm_{name}": value for name, value in counted.items()}
    for name, figures in results.items():
        found[f"{name}_blocked_median"] = round(statistics.median(figures.blocked), 2)
        found[f"{name}_blocked_max"] = round(max(figures.blocked), 2)
        if figures.back:
            found[f"{name}_back_max"] = round(max(figures.back), 2)
            found[f"{name}_back_everywhere_max"] = round(max(figures.back_everywhere), 2)
            found[f"{name}_other_errors"] = figures.other_errors
            found[f"{name}_other_ratio"] = round(statistics.median(figures.other_ratio), 2)
    return found


HEADINGS = (
    "",
    "last success after the key was disabled: median / max",
    "first success after it was enabled: one process / all",
    "the other organization: errors / latency",
)
TITLES = {"redis": "with Redis", "no_redis": "without Redis", "alone": "neither Redis nor prober"}


def table(found: dict[str, float], repeats: int) -> str:
    """Return the figures as Markdown."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(cells(found, name) for name in TITLES)]
    rows = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"""{rows}
{repeats} repeats. Warm: {found["warm_operations"]:.0f} operations of 4 processes on 2 organizations in
{found["warm_seconds"]:.0f} s cost {found["warm_kms_calls"]:.0f} KMS calls: {found["warm_calls_per_lease"]} a process,
organization and lease, probes apart.
"""


def cells(found: dict[str, float], name: str) -> tuple[str, ...]:
    """Return one scenario's row."""
    blocked = f"{found[f'{name}_blocked_median']} s / {found[f'{name}_blocked_max']} s"
    if f"{name}_back_max" not in found:
        return TITLES[name], blocked, "–", "–"
    back = f"{found[f'{name}_back_max']} s / {found[f'{name}_back_everywhere_max']} s"
    other = f"{found[f'{name}_other_errors']:.0f} / {found[f'{name}_other_ratio']} ×"
    return TITLES[name], blocked, back, other


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="one repeat, and 20 s instead of a minute of warm work")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too, as one flat object")
    arguments = parser.parse_args()
    repeats = 1 if arguments.quick else arguments.repeats
    folder = Path(tempfile.mkdtemp(prefix="ascend-benchmark-"))
    deployment = Deployment(folder)
    try:
        deployment.furnish()
        counted = warm(deployment, QUICK_WARM_SECONDS if arguments.quick else WARM_SECONDS)
        results = {name: scenario(deployment, repeats, redis=name == "redis") for name in ("redis", "no_redis")}
        results["alone"] = alone(deployment)
    finally:
        deployment.stop()
        shutil.rmtree(folder, ignore_errors=True)
    found = flat(results, counted)
    print(table(found, repeats))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
