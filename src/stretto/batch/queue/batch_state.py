"""How a batch in the queue stands, as values. No I/O."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Literal

from stretto.core.result import Failure, RunStatus
from stretto.core.usage import Cost

BatchState = Literal["open", "stopped", "cancelled"]
"""open: its rows are worked on; stopped: by what every further row would meet; cancelled: by a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuedBatch:
    """How far a batch is."""

    batch_id: str
    title: str
    """The table's name."""
    state: BatchState
    stopped: Failure | None = None
    """Why no further row is begun; None unless the state is stopped."""
    opened_at: datetime
    """When it was last submitted; with its time zone."""
    elapsed: float
    """Seconds since then, by the server's clock."""
    total: int
    """Rows that are to be run."""
    filled: bool
    """Whether all of them are in the queue."""
    statuses: Counter[RunStatus]
    """Of the rows that are done."""
    reused: int = 0
    """Rows that an earlier run had finished."""
    waiting: bool = False
    """Whether rows wait for a worker."""
    at_work: int = 0
    """Rows that a worker has taken."""
    workers: int = 0
    """Workers that are alive, whatever they work on."""
    texts: int = 0
    calls: int = 0
    """Made for its rows in all, like the cost."""
    remarked: int = 0
    """Texts that a check has a remark on."""
    retryable: int = 0
    """Rows that lack something because of circumstances."""
    unfit: int = 0
    """Rows that give no task."""
    cost: Cost
    reasons: Counter[str]
    """Why something is missing, the most frequent reasons."""

    @property
    def done(self) -> int:
        """How many rows have an end, whatever it is."""
        return sum(self.statuses.values())

    @property
    def so_far(self) -> tuple[int, int, int]:
        """Texts and calls; of rows under way, and of calls that were repeated, only their workers know."""
        return self.texts, self.calls, 0

    @property
    def over(self) -> bool:
        """Whether nothing more is going to come of it as it stands."""
        return self.filled and not self.at_work and not self.waiting

    @property
    def rate(self) -> float:
        """Rows a minute since it was submitted, without those from before; 0 when there is none."""
        run = self.done - self.reused
        return 60 * run / self.elapsed if run > 0 and self.elapsed > 0 else 0.0

    @property
    def remaining(self) -> int | None:
        """Seconds until the end, as far as one can tell; None when one cannot."""
        return ceil(60 * (self.total - self.done) / self.rate) if self.rate and self.state == "open" else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What holds for a whole batch, on however many machines."""

    concurrency: int | None = None
    """Calls to one model at a time, all workers together; None when each worker has its own limit alone."""
    deadline: float | None = None
    """Seconds from when it is submitted."""
    usd: Decimal | None = None
    tokens: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RowEnd:
    """How a row ended, in numbers."""

    status: RunStatus
    retryable: bool
    texts: int
    calls: int
    tokens: int
    usd: Decimal | None
    seconds: float
    reused: bool
    remarked: int = 0
    reason: str
