"""How many calls a model takes, learnt from its answers and their headers. Pure: time is an argument, in seconds."""

from collections import deque
from contextlib import suppress

from stretto.core.errors import ErrorKind
from stretto.core.models import RateLimits
from stretto.engine.allowance import Allowance

THROTTLED: frozenset[ErrorKind] = frozenset({"rate_limit", "overloaded"})
"""The model was busy: nothing was wrong with the call, so it may be made more often than a faulty one."""

LONGEST_PAUSE = 60.0
"""Seconds of Retry-After that are waited; past them the model is out of reach until that time."""

_FIRST = 40.0  # Calls in flight before the first was answered: of a burst of hundreds nothing is learnt in time.
_WINDOW = 2.0  # Seconds over which the accepted rate is measured.
_NEARLY = 0.8  # Of the rate that was tried: when this much was accepted, the rate is found.
_CUT = 0.95  # Of the accepted rate, after a refusal.
_FASTEST_GROWTH = 0.1  # Of the rate, for each second without a refusal, while little is known.
_SLOWEST_GROWTH = 0.01  # The same once the rate was found.
_LOWEST = 0.5  # Calls a second that are tried whatever was refused.
_FORGET = 120.0  # Seconds without a refusal after which calls are no longer paced.
_SPARE = 1.5  # How far concurrency stays above what the accepted rate needs.


class Pace:
    """The limits in front of one model: calls in flight, calls a second, and a pause that it asked for."""

    def __init__(self, most: int) -> None:
        self.limit = min(float(most), _FIRST)
        """Calls in flight at most; doubles with each round of calls until one is refused, then halves with each
        refusal and grows back by one for each round."""
        self.rate: float | None = None
        """Calls a second at most, by what was refused; None while nothing was."""
        self._most: int = most
        self._paused_until = 0.0
        self._last_at = float("-inf")
        self._allowance = Allowance()
        self._rate_set_at = 0.0
        self._growth = _FASTEST_GROWTH
        self._cut_at = float("-inf")
        self._latency = 0.0
        self._first_at = float("inf")
        self._accepted: deque[float] = deque()

    def allow(self, most: int) -> None:
        """Set how many calls may be in flight at the most; what refusals have lowered stays lowered."""
        if most != self._most:
            untouched = self.limit >= self._most
            self._most = most
            self.limit = min(float(most), max(self.limit, _FIRST) if untouched else self.limit)

    def ready_at(self, now: float) -> float:
        """Return when the next call may start as far as time is concerned; `now` or earlier for at once."""
        rate = self._lowest_rate(now)
        return max(self._paused_until, self._last_at + 1.0 / rate if rate else 0.0)

    def started(self, now: float) -> None:
        """A call starts."""
        self._first_at = min(self._first_at, now)
        self._accepted.append(now)
        self._trim(now)
        self._last_at = now
        self._allowance.started()

    def succeeded(self, started: float, now: float) -> None:
        """A call that had started at `started` was answered."""
        latency = now - started
        self._latency = latency if not self._latency else 0.8 * self._latency + 0.2 * latency
        step = 1.0 / self.limit if self._refused else 1.0
        self.limit = min(float(self._most), max(self.limit + step, self._needed()))

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
        with suppress(ValueError):  # It may have left the window long ago.
            self._accepted.remove(started)
        if retry_after:
            self._paused_until = max(self._paused_until, now + retry_after)
        if started < self._cut_at:
            return False
        # What the model says of its rate is worth more than what was accepted, which may be the first call of all.
        rate = self._allowance.rate(now) or self._accepted_rate(now)
        current = self._current_rate(now) or rate
        self.rate = max(_CUT * min(rate, current), _LOWEST)
        # While much less is accepted than was tried the search goes on; otherwise the rate was nearly right.
        searching = rate < _NEARLY * current or not self._refused
        self._growth = _FASTEST_GROWTH if searching else max(_SLOWEST_GROWTH, self._growth / 2)
        self._rate_set_at = self._cut_at = now
        self._last_at = now
        self.limit = max(1.0, self.limit / 2, min(self.limit, self._needed()))
        return True

    @property
    def _refused(self) -> bool:
        return self._cut_at > float("-inf")

    def _needed(self) -> float:
        """Return how many calls in flight the rate takes, by Little's law; 0 when nothing is known."""
        return (self.rate or 0.0) * self._latency * _SPARE

    def _accepted_rate(self, now: float) -> float:
        self._trim(now)
        if not self._accepted:
            return 0.0
        return len(self._accepted) / min(_WINDOW, max(now - self._first_at, 0.1))

    def _current_rate(self, now: float) -> float | None:
        if self.rate is None:
            return None
        quiet = now - self._rate_set_at
        if quiet > _FORGET:
            self.rate = None
            return None
        return self.rate * (1.0 + self._growth * quiet)

    def _lowest_rate(self, now: float) -> float | None:
        rates = (self._current_rate(now), self._allowance.rate(now))
        return min((rate for rate in rates if rate), default=None)

    def _trim(self, now: float) -> None:
        while self._accepted and self._accepted[0] < now - _WINDOW:
            self._accepted.popleft()
