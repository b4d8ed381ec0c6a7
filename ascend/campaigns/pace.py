"""How large the next batch is and how long to wait after one: gentle by default, bounded in any case."""

from dataclasses import dataclass

SMALLEST, LARGEST, FIRST, STEP = 50, 2_000, 500, 100


@dataclass
class Pace:
    """Additive increase, multiplicative decrease, towards `target_ms` of one transaction's time."""

    target_ms: float = 200.0
    rows_per_second: float | None = None
    rows: int = FIRST

    def after(self, *, transaction_ms: float) -> None:
        """Learn from one batch: what took too long halves the next ones."""
        if transaction_ms > self.target_ms:
            self.rows = max(SMALLEST, self.rows // 2)
        elif transaction_ms < self.target_ms * 0.75:
            self.rows = min(LARGEST, self.rows + STEP)

    def pause_seconds(self, *, rows: int, elapsed_seconds: float) -> float:
        """Return how long to wait so that no more than `rows_per_second` were done."""
        if not self.rows_per_second:
            return 0.0
        return max(0.0, rows / self.rows_per_second - elapsed_seconds)
