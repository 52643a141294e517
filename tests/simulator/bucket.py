"""A token bucket over requests, as providers limit their rate. No I/O."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """A rate limit."""

    rate: float
    """Requests a second."""
    burst: int
    """Requests at once, after a pause."""
    retry_after: bool = True
    """Whether a refusal says in whole seconds how long to wait."""
    headers: bool = True
    """Whether answers say what is left, where the protocol has headers for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Where the account stands, for the rate-limit headers."""

    limit: int
    """Requests a minute."""
    remaining: int
    reset: float
    """Seconds until the bucket is full again."""
    wait: float
    """Seconds until the next request is let in; 0 when this one was."""


@dataclass(slots=True)
class Meter:
    """The bucket at work."""

    bucket: Bucket
    clock: Callable[[], float]
    _level: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._level, self._at = float(self.bucket.burst), self.clock()

    def take(self) -> Limits:
        """Take one request's worth, or say how long to wait."""
        now, bucket = self.clock(), self.bucket
        self._level = min(bucket.burst, self._level + (now - self._at) * bucket.rate)
        self._at = now
        wait = 0.0
        # A hair below one is one: the level is a sum of floats.
        if self._level > 1 - 1e-9:
            self._level -= 1
        else:
            wait = (1 - self._level) / bucket.rate
        return Limits(
            limit=math.ceil(bucket.rate * 60),
            remaining=max(int(self._level), 0),
            reset=(bucket.burst - self._level) / bucket.rate,
            wait=wait,
        )
