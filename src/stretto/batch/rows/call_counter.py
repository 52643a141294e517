"""Counts calls and texts of a batch as they come, and estimates how long the rest will take. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

_TYPICAL_SECONDS = 8.0
"""What a call takes as long as none has ended: 400 tokens at 50 a second."""


@dataclass(kw_only=True, slots=True)
class CallCounter:
    """The calls of the rows that are under way and of those that are done."""

    clock: Callable[[], float]
    """Seconds."""
    calls_per_row: float
    """As quoted; what rows really take replaces it."""
    at_once: int
    """Calls at the same time."""
    calls: int = 0
    retries: int = 0
    """Calls for what had been asked for before."""
    texts: int = 0
    """Written now."""
    _ended: int = 0
    _seconds: float = 0.0
    _open: dict[str, float] = field(default_factory=dict[str, float])

    def start_call(self, call_id: str, *, again: bool) -> None:
        """Count a call; `again` when the same was asked for before."""
        self.calls += 1
        self.retries += again
        self._open[call_id] = self.clock()

    def end_call(self, call_id: str) -> None:
        """Note that a call has ended, however it did."""
        began = self._open.pop(call_id, None)
        if began is not None:
            self._ended += 1
            self._seconds += self.clock() - began

    def add_text(self) -> None:
        """Count a text."""
        self.texts += 1

    def remaining(self, *, rows: int, run: int, calls_of_run: int) -> int:
        """Return the seconds that so many rows will about take; `run` rows were run to their end, with their calls."""
        per_row = (calls_of_run + self.calls_per_row) / (run + 1)
        under_way = max(self.calls - len(self._open) - calls_of_run, 0)
        left = max(rows * per_row - under_way, len(self._open), 1.0)
        now = self.clock()
        slow = sum(now - began for began in self._open.values())
        known = self._ended + len(self._open)
        measured = (self._seconds + slow) / known if known else 0.0
        each = max((self._seconds + _TYPICAL_SECONDS) / (self._ended + 1), measured)
        return ceil(left * each / max(1.0, min(self.at_once, left)))
