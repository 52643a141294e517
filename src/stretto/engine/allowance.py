"""What a provider's headers allow: how many calls are left and how fast more come. Pure: time is an argument."""

from stretto.core.models import RateLimits

_WINDOW = (
    60.0  # Seconds that a limit on requests is for; a longer one is a quota for a day, which is nothing to pace by.
)
_PLENTY = 0.5  # Of the limit: while more is left, calls need not be spread.
_SHARE = 0.98  # Of the rate at which calls come back: what is sent arrives a little unevenly.
_FORGET = 120.0  # Seconds after which what was said counts no more.


class Allowance:
    """Calls that are left, by what the latest response said and by what was started since."""

    def __init__(self) -> None:
        self._left = 0.0
        self._plenty = 0.0
        self._rate: float | None = None
        self._asked_at = self._said_at = float("-inf")

    def observed(self, limits: RateLimits, started: float, now: float, others: int) -> float:
        """Take in what the response to the call of `started` said while `others` were under way.

        Returns until when there are no calls left at all; `now` or earlier when there are some.
        """
        remaining, seconds = limits.requests_remaining, limits.seconds_until_reset
        if remaining is None or started < self._asked_at:  # An older call's answer tells nothing new.
            return now
        self._asked_at, self._said_at = started, now
        # Calls under way may have been made after this one, and are not counted in what it was told.
        self._left = float(remaining - others)
        self._plenty = _PLENTY * (limits.requests_limit or 2 * remaining)
        self._rate = _rate(limits)
        return started + seconds if seconds and not remaining else now

    def started(self) -> None:
        """A call starts."""
        self._left -= 1.0

    @property
    def spare(self) -> float:
        """Calls that are left beside the next one, as far as is known."""
        return max(0.0, self._left - 1.0)

    def rate(self, now: float) -> float | None:
        """Return calls a second at most; None while plenty are left, and when nothing is known."""
        if self._left >= self._plenty or now - self._said_at > _FORGET:
            return None
        return self._rate


def _rate(limits: RateLimits) -> float | None:
    """Return the slower of the rate at which calls come back and of what is left spread over the time until then."""
    seconds = limits.seconds_until_reset or 0.0
    if seconds > _WINDOW:
        return None
    rates: list[float] = []
    if limits.requests_limit:
        rates.append(_SHARE * limits.requests_limit / _WINDOW)
    if limits.requests_remaining and seconds:
        rates.append(limits.requests_remaining / seconds)
    return min(rates, default=None)
