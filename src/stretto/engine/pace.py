"""How many calls a model takes, learnt from its answers and their headers. Pure: time is an argument, in seconds."""

from math import inf

from stretto.core.errors import ErrorKind
from stretto.core.models import RateLimits
from stretto.engine.allowance import Allowance
from stretto.engine.tempo import Tempo

THROTTLED: frozenset[ErrorKind] = frozenset({"rate_limit", "overloaded"})
"""The model was busy: nothing was wrong with the call, so it may be made more often than a faulty one."""

LONGEST_PAUSE = 60.0
"""Seconds of Retry-After that are waited; past them the model is out of reach until that time."""

SHORTEST_PAUSE = 1.0
"""Seconds of Retry-After up to which they are no more than rounding: the call waits for them, not everybody."""

_SPARE = 2.0  # How far concurrency stays above what the rate needs.


class Pace:
    """The limits in front of one model: calls in flight, calls a second, and a pause that it asked for."""

    def __init__(self, most: int) -> None:
        self.limit = float(most)
        """Calls in flight at most; halves with each refusal, but not below what the rate needs, and grows back by
        one for each round of calls."""
        self._most = most
        self._tempo = Tempo()
        self._allowance = Allowance()
        self._paused_until = 0.0
        self._slot = -inf
        self._latency = 0.0

    @property
    def rate(self) -> float | None:
        """Calls a second at most, by what was refused; None while nothing was."""
        return self._tempo.rate

    def allow(self, most: int) -> None:
        """Set how many calls may be in flight at the most; what refusals have lowered stays lowered."""
        untouched = self.limit >= self._most
        self._most = most
        self.limit = float(most) if untouched else min(self.limit, float(most))

    def ready_at(self, now: float) -> float:
        """Return when the next call may start as far as time is concerned; `now` or earlier for at once."""
        told = self._allowance.rate(now)
        return max(self._paused_until, self._tempo.ready_at(now), self._slot + 1.0 / told if told else 0.0)

    def started(self, now: float) -> None:
        """A call starts."""
        due = self._slot + 1.0 / told if (told := self._allowance.rate(now)) else now
        # A timer that was late is made up for, as long as there are calls left to do it with.
        late = min(1.0, self._allowance.spare / 2) / told if told else 0.0
        self._slot = min(now, max(due, now - late))
        self._tempo.started(now)
        self._allowance.started()

    @property
    def send_at(self) -> float:
        """When a request that is ready may leave."""
        return self._tempo.send_at

    def sent(self, started: float, now: float) -> None:
        """The request of a call that had started at `started` leaves."""
        self._tempo.sent(started, now)

    def succeeded(self, started: float, now: float) -> None:
        """A call that had started at `started` was answered."""
        latency = now - started
        self._latency = latency if not self._latency else 0.9 * self._latency + 0.1 * latency
        self._tempo.answered()
        self.limit = min(float(self._most), max(self.limit + 1.0 / self.limit, self._needed()))

    def observed(self, limits: RateLimits, started: float, now: float, others: int) -> float:
        """Headers said this in answer to the call of `started`, while so many `others` were under way.

        Returns the seconds of a pause that begins here because no call is left; 0 for none.
        """
        until = min(self._allowance.observed(limits, started, now, others), now + LONGEST_PAUSE)
        pause = until - max(now, self._paused_until)
        self._paused_until = max(self._paused_until, until)
        return max(0.0, pause)

    def refused(self, started: float, now: float, retry_after: float | None) -> bool:
        """A call was turned away; return whether the limits were lowered (once for all calls of one burst)."""
        until = now + retry_after if retry_after and retry_after > SHORTEST_PAUSE else now
        pause = max(0.0, until - max(now, self._paused_until))
        self._paused_until = max(self._paused_until, until)
        if not self._tempo.refused(started, now, pause):
            return False
        self.limit = max(1.0, self.limit / 2, min(self.limit, self._needed()))
        return True

    def _needed(self) -> float:
        """Return how many calls in flight the rate takes, by Little's law; all until an answer was timed."""
        if not self._latency:
            return float(self._most)
        return (self.rate or 0.0) * self._latency * _SPARE
