"""Which calls get a second one: those that take much longer than the others. Pure: time is an argument, in seconds.

These are the hedged requests of "The Tail at Scale" (Dean and Barroso, Communications of the ACM 56(2), 2013).
"""

from bisect import insort
from collections import Counter
from fractions import Fraction
from math import ceil

_QUANTILE = Fraction(9, 10)
_LEAST_ENDED = 10  # Answers of a model before any of its calls can be told to be slow.
_FACTOR = 2.0  # A call is slow at so many times the quantile.
_CALLS_FOR_ONE = 20  # Calls for each second one: 5%.


class HedgePolicy:
    """The calls of one run, or of all rows of a batch, and how many of them were made twice."""

    def __init__(self) -> None:
        # By call id: its model, and when it began.
        self._under_way: dict[str, tuple[str, float]] = {}
        self._under_way_of: Counter[str] = Counter()
        # By model: how long its answers took, the shortest first.
        self._durations: dict[str, list[float]] = {}
        self._calls = 0
        self._hedges = 0

    def started(self, call_id: str, model: str, now: float) -> None:
        """A first call is made."""
        self._under_way[call_id] = (model, now)
        self._under_way_of[model] += 1
        self._calls += 1

    def ended(self, call_id: str, now: float, *, answered: bool) -> None:
        """It is over. One that brought no answer says nothing of how long answers take."""
        model, began = self._under_way.pop(call_id)
        self._under_way_of[model] -= 1
        if answered:
            insort(self._durations.setdefault(model, []), now - began)

    def slow_after(self, model: str) -> float | None:
        """Return after how many seconds a call is slow; None while that cannot be known.

        It is twice the time by which 90% of the model's calls had ended; those under way count as longer than any.
        """
        durations = self._durations.get(model, ())
        rank = ceil(_QUANTILE * (len(durations) + self._under_way_of[model]))
        if len(durations) < max(_LEAST_ENDED, rank):
            return None
        return _FACTOR * durations[rank - 1]

    def slow_at(self, call_id: str) -> float | None:
        """Return when a call that is under way is slow; None while that cannot be known."""
        model, began = self._under_way[call_id]
        seconds = self.slow_after(model)
        return None if seconds is None else began + seconds

    def claim(self) -> bool:
        """Count one more second call, unless there would be too many of them for the calls made; return whether."""
        if _CALLS_FOR_ONE * (self._hedges + 1) > self._calls:
            return False
        self._hedges += 1
        return True

    def give_back(self) -> None:
        """A second call that was counted was not made."""
        self._hedges -= 1
