"""When each piece of an answer is due, and one timer for all that is due in the same instant."""

import asyncio
import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """How fast the simulated model is."""

    first_token: float = 0.0
    """Seconds from the request to the first token."""
    tokens_per_second: float = math.inf
    event_tokens: int = 8
    """Tokens in one event of a stream."""
    speed: float = 1.0
    """Divides every waiting: 10 is ten times as fast, `math.inf` does not wait at all."""

    def due(self, tokens: int) -> float:
        """Return the seconds from the request until `tokens` tokens are said."""
        return (self.first_token + tokens / self.tokens_per_second) / self.speed


INSTANT = Timing()
"""No waiting at all."""

REALISTIC = Timing(first_token=0.6, tokens_per_second=80.0)


class Ticker:
    """Wakes everybody who is due in the same tick with one timer, so that a thousand streams cost few timers."""

    def __init__(self, tick: float = 0.01) -> None:
        self._tick = tick
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}

    async def until(self, when: float) -> None:
        """Return at the loop's time `when` or up to a tick later; at once when it is past."""
        loop = asyncio.get_running_loop()
        if when <= loop.time():
            return
        bucket = math.ceil(when / self._tick)
        waiting = self._waiting.get(bucket)
        if waiting is None:
            waiting = self._waiting[bucket] = []
            loop.call_at(bucket * self._tick, self._wake, bucket)
        future = loop.create_future()
        waiting.append(future)
        await future

    def _wake(self, bucket: int) -> None:
        for future in self._waiting.pop(bucket):
            if not future.done():
                future.set_result(None)
