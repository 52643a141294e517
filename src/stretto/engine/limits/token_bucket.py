"""A token bucket: each call takes a token, and so many come back a second. Pure: time is an argument, in seconds."""

_ROUNDING = 1e-9  # Of a token: a timer set for the moment in which it is whole must find it whole.


class TokenBucket:
    """Limits calls to `rate` a second, with at most `capacity` at once."""

    def __init__(self, rate: float, capacity: float, now: float, *, tokens: float | None = None) -> None:
        self.rate = rate
        """Tokens that come back in a second."""
        self._capacity, self._at = capacity, now
        self._tokens = capacity if tokens is None else tokens

    def ready_at(self, now: float) -> float:
        """Return when the next call may start; `now` for at once."""
        missing = 1.0 - self._refilled(now)
        return now + missing / self.rate if missing > _ROUNDING else now

    def take(self, now: float) -> None:
        """A call starts."""
        self._tokens, self._at = self._refilled(now) - 1.0, now

    def add(self, tokens: float) -> None:
        """Put tokens in beside those that come with time."""
        self._tokens += tokens

    def _refilled(self, now: float) -> float:
        return min(self._capacity, self._tokens + (now - self._at) * self.rate)
