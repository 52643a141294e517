"""What a run has used: every call, also those that failed, were cut off or were superseded."""

from dataclasses import dataclass, field

from stretto.core.journal import CallEnd, CallStart, SavedRun
from stretto.core.usage import FREE, NO_USAGE, Cost, Usage


@dataclass(kw_only=True, slots=True)
class Tally:
    """What one role used for one answer, over all attempts."""

    attempts: int = 0
    model: str = ""
    """The model asked last."""
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    began: float | None = None
    """Clock time of the first attempt; None before it."""

    def add(self, usage: Usage, cost: Cost) -> None:
        """Add one call."""
        self.usage += usage
        self.cost += cost


@dataclass(kw_only=True, slots=True)
class Books:
    """The sum over a whole run."""

    total: Tally = field(default_factory=Tally)

    def settle(self, start: CallStart, end: CallEnd) -> tuple[Usage, Cost]:
        """Add a finished call and return what counts: its reservation when its usage is not known."""
        counted = _counted(start, end)
        self.total.add(*counted)
        return counted

    def restore(self, saved: SavedRun) -> None:
        """Add the calls made before a resume; one whose end was never seen counts as its reservation."""
        for call_id, start in saved.starts.items():
            self.total.add(*_counted(start, saved.ends.get(call_id)))


def _counted(start: CallStart, end: CallEnd | None) -> tuple[Usage, Cost]:
    if end is None or end.usage is None:
        return start.reserved, start.reserved_cost
    return end.usage, end.cost
