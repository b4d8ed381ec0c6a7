"""The loop of one worker: claim, do, learn the pace; plan where nothing waits; end where nothing is left.

Several workers may run at once on PostgreSQL, in any processes. What one leaves behind when it is killed is taken
by another, or by the next run, when its lease has ended.
"""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ascend.campaigns import batches, lifecycle, swap
from ascend.campaigns.errors import LeaseLost
from ascend.campaigns.lifecycle import Progress
from ascend.campaigns.models import Batch, Campaign
from ascend.campaigns.pace import Pace
from ascend.campaigns.work import Work

LEASE_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 0.25


def _never() -> bool:
    return False


@dataclass
class Options:
    """How a worker runs. `stop` is asked between batches; `report` is told behind them, as often as it wants."""

    pace: Pace = field(default_factory=Pace)
    lease_seconds: float = LEASE_SECONDS
    stop: Callable[[], bool] = _never
    report: Callable[[Progress], None] | None = None
    report_seconds: float = 0.0
    reported_at: float = 0.0

    def tell(self, campaign: Campaign) -> None:
        """Count and report, if somebody listens and it is time: counting reads all batches."""
        if self.report is not None and time.monotonic() - self.reported_at >= self.report_seconds:
            self.report(lifecycle.progress(campaign))
            self.reported_at = time.monotonic()


def run(campaign: Campaign, work: Work, options: Options) -> Campaign:
    """Work until the campaign has ended or `stop` says so; return it as it is then."""
    worker = f"{socket.gethostname()[:60]}:{os.getpid()}"
    known = lifecycle.failed_keys(campaign)
    while not options.stop():
        batch = batches.claim(campaign, worker=worker, lease_seconds=options.lease_seconds)
        if batch is not None:
            known = _do(batch, campaign, work, options, known)
        elif batches.plan(campaign, work, rows=options.pace.rows):
            continue
        elif lifecycle.unfinished(campaign).exists():
            options.tell(campaign)
            time.sleep(IDLE_SECONDS)
        elif (left := work.target.count(work.pending)) > len(known := lifecycle.failed_keys(campaign)):
            batches.next_pass(campaign)
        else:
            return lifecycle.end(campaign, rows_left=left)
    campaign.refresh_from_db()
    return campaign


def _do(batch: Batch, campaign: Campaign, work: Work, options: Options, known: set[str]) -> set[str]:
    """Do one batch at the pace; return the keys that are known to fail."""
    began = time.monotonic()
    try:
        swapped = swap.process(batch, work, known_failures=known)
    except LeaseLost:
        return known  # whoever has it now does it
    options.tell(campaign)
    options.pace.after(transaction_ms=swapped.transaction_ms)
    time.sleep(options.pace.pause_seconds(rows=swapped.done, elapsed_seconds=time.monotonic() - began))
    return lifecycle.failed_keys(campaign) if swapped.failed else known
