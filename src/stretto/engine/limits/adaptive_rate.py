"""How many calls a second a model takes, learnt from those it refuses. Pure: time is an argument, in seconds.

This is TCP's congestion control for calls a second in place of bytes under way: slow start (RFC 5681), then CUBIC
(RFC 9438), in front of a token bucket as in botocore's adaptive retry mode (`botocore.retries.throttling`).
"""

from math import inf

from stretto.engine.limits.token_bucket import TokenBucket

_BETA = 0.7  # What a refusal leaves of the rate: RFC 9438.
# Calls from a decrease until the rate is what it was. CUBIC counts seconds, and comes to as many at 20 calls a second;
# counted in calls, the share that is refused is the same at any rate.
_PLATEAU = 50
_FIRST_CALLS, _FIRST_RATE = 10, 40.0  # At once, and a second after them, beside the two that each answer allows.
_LEAST_RATE = 0.5  # Calls a second that are tried while all are refused.
_AHEAD = 0.03  # Seconds that a call starts before its request may leave: time to prepare it.


class AdaptiveRate:
    """Says when the next call may start, and when its request may leave."""

    def __init__(self, now: float) -> None:
        self._slow_start, self._bucket = True, TokenBucket(_FIRST_RATE, _FIRST_CALLS, now)
        self._began, self._calls = now, 0
        # CUBIC's W_max: the rate that was refused; and the calls since then that waited for the rate.
        self._peak, self._since = 0.0, 0
        self._lowered_at, self._sent_at = now, -inf
        # Whether one was refused since the latest call started, and whether one was let in since the rate was lowered.
        self._refusal, self._let_in = False, True

    def ready_at(self, now: float) -> float:
        """Return when the next call may start; `now` or earlier for at once."""
        return max(self._bucket.ready_at(now), self.send_at - _AHEAD)

    @property
    def send_at(self) -> float:
        """When the next request may leave: as long after the latest one as calls start after each other."""
        return -inf if self._slow_start else self._sent_at + 1.0 / self._bucket.rate

    def sent(self, now: float) -> None:
        """A request leaves."""
        self._sent_at = now

    def started(self, now: float, *, waited: bool) -> None:
        """A call starts; `waited` when the rate was what it waited for: a rate that is not used is not raised."""
        self._bucket.take(now)
        self._calls += 1
        let_in, self._refusal = not self._refusal, False
        if waited and let_in and not self._slow_start:
            self._let_in = True
            self._raise()

    def answered(self) -> None:
        """A call was answered: in slow start two more may start."""
        if self._slow_start:
            self._bucket.add(2.0)

    def refused(self, started: float, now: float) -> bool:
        """A call that had started at `started` was refused; return whether that lowers the rate: once for a burst."""
        self._refusal = True
        if started < self._lowered_at:
            return False
        rate = self._bucket.rate
        if self._slow_start:
            self._slow_start, rate = False, max(rate, self._calls / max(1.0, now - self._began))
        if self._let_in:
            self._peak, rate = rate, _BETA * rate
        else:  # Nothing is let in: try less and less often, but remember what was let in before.
            rate = max(_LEAST_RATE, rate / 2)
        self._bucket = TokenBucket(rate, 1.0, now, tokens=0.0)
        self._since, self._lowered_at, self._let_in = 0, now, False
        return True

    def _raise(self) -> None:
        least = _BETA * self._peak
        if self._bucket.rate < least:
            self._bucket.rate = min(2 * self._bucket.rate, least)
        else:
            self._since += 1
            self._bucket.rate = self._peak * (1.0 + (1.0 - _BETA) * (self._since / _PLATEAU - 1.0) ** 3)
