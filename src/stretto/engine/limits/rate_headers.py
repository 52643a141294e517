"""Spreads calls by the provider's rate-limit headers. Pure: time is an argument, in seconds."""

from math import inf

from stretto.core.models import RateLimits
from stretto.engine.limits.retry_after import LONGEST_PAUSE

_SPREAD_BELOW = 0.5  # Of the limit: while more is left, calls are not spread.


class RateHeaders:
    """Spreads the calls that are left, by what the latest response said, evenly over the time until the reset."""

    def __init__(self) -> None:
        self._observed_at, self._gap, self._reset_at = -inf, 0.0, -inf

    def observed(self, limits: RateLimits, started: float, now: float) -> None:
        """Take the limits in the response to the call that started at `started`."""
        left, seconds = limits.requests_remaining, limits.seconds_until_reset or 0.0
        if left is None or started < self._observed_at:  # Older than what is known.
            return
        # A daily quota is not waited for: once it is used up, calls are refused.
        self._observed_at, self._reset_at = started, started + seconds if seconds <= LONGEST_PAUSE else -inf
        plenty = limits.requests_limit is not None and left >= _SPREAD_BELOW * limits.requests_limit > 0
        self._gap = 0.0 if plenty else (self._reset_at - now) / left if left else inf

    def ready_at(self, latest_at: float) -> float:
        """Return when the next call may start after one that started at `latest_at`."""
        return min(self._reset_at, latest_at + self._gap)
