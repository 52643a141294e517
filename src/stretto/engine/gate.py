"""The shared limiter in front of one model: bounds the calls in flight, fair between runs, and learns from refusals."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from stretto.core.errors import ModelError
from stretto.core.models import RateLimits
from stretto.engine.pace import LONGEST_PAUSE, SHORTEST_PAUSE, THROTTLED, Pace

OnLowered = Callable[[float | None], None]
"""Told that calls come more slowly now, and after how many seconds of pause; None for no pause."""


@dataclass(slots=True)
class Place:
    """One call's place at the gate."""

    sending: Callable[[], Awaitable[None]]
    """Waits until the request may leave, which is mostly at once; to be awaited right before its first byte."""
    limits: RateLimits | None = None
    """Set by whoever holds it: what the model's answer said of its limits. An error that is raised brings its own."""


class Party:
    """One orchestrator, or one batch, at a gate: all of its runs keep to the number that it was given."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Calls in flight at the most."""
        self.in_flight = 0


class _Turn:
    """One call that waits for its place."""

    def __init__(self, party: Party) -> None:
        self.party = party
        self.decided = asyncio.Event()
        self.started = 0.0
        self.error: ModelError | None = None
        """Set when the call may not be made at all."""


class Gate:
    """Lets calls through as far as its limits allow; runs that wait take turns."""

    def __init__(self, limit: int) -> None:
        self.pace = Pace(limit)
        self.in_flight = 0
        self._only = Party(limit)
        # By run, as long as it lives: the largest limit among them is the one for all of them together.
        self._parties: dict[str, Party] = {}
        # By run, in the order in which they are served next; a run is here only while it waits.
        self._waiting: dict[str, deque[_Turn]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._parked_until = 0.0
        self._parked_by: ModelError | None = None

    @asynccontextmanager
    async def place(
        self, run_id: str, on_lowered: OnLowered | None = None, *, party: Party | None = None
    ) -> AsyncGenerator[Place]:
        """Wait for a place, and hold it until the block is left; a refusal raised in it lowers the limits.

        Without a `party` there is one for all runs.
        """
        party = party or self._only
        started = await self._enter(run_id, party)
        place = Place(partial(self._sending, started))
        try:
            yield place
            self.pace.succeeded(started, self._now())
            pause = self._observe(place.limits, started)
            if pause >= SHORTEST_PAUSE and on_lowered is not None:
                on_lowered(pause)
        except ModelError as error:
            self._observe(error.limits, started)
            if error.kind in THROTTLED:
                self._refused(error, started, on_lowered)
            raise
        finally:
            self._leave(party)

    def welcome(self, run_id: str, party: Party, limit: int) -> None:
        """A run of this party, which may now have so many calls in flight, is at the gate until it has ended."""
        if party.limit != limit or self._parties.get(run_id) is not party:
            party.limit = limit
            self._parties[run_id] = party
            self._agree()

    def run_ended(self, run_id: str) -> None:
        """Forget a run; the others are again held to the largest of their own limits."""
        if self._parties.pop(run_id, None) and self._parties:
            self._agree()

    def _agree(self) -> None:
        self.pace.allow(max(party.limit for party in self._parties.values()))

    def turn_away(self, error: ModelError, run_id: str | None = None) -> None:
        """Let whoever waits know that the call is not to be made: every run's, or one's."""
        for waiting in tuple(self._waiting) if run_id is None else (run_id,):
            for turn in self._waiting.pop(waiting, ()):
                turn.error = error
                turn.decided.set()

    async def _enter(self, run_id: str, party: Party) -> float:
        self._raise_if_parked()
        turn = _Turn(party)
        queue = self._waiting.setdefault(run_id, deque())
        queue.append(turn)
        self._admit()
        try:
            await turn.decided.wait()
        except BaseException:
            if not turn.decided.is_set():
                queue.remove(turn)
                if not queue and self._waiting.get(run_id) is queue:
                    del self._waiting[run_id]
            elif turn.error is None:  # Admitted in the moment of being cancelled: pass the place on.
                self._leave(party)
            raise
        if turn.error is not None:
            raise turn.error
        return turn.started

    async def _sending(self, started: float) -> None:
        # Of those who wait for the same moment the first to be woken has it.
        while True:
            now = self._now()
            if self.pace.send_at <= now:
                return self.pace.sent(started, now)
            await asyncio.sleep(self.pace.send_at - now)

    def _observe(self, limits: RateLimits | None, started: float) -> float:
        if limits is None:
            return 0.0
        return self.pace.observed(limits, started, self._now(), self.in_flight - 1)

    def _refused(self, error: ModelError, started: float, on_lowered: OnLowered | None) -> None:
        pause = error.retry_after
        if pause is not None and pause > LONGEST_PAUSE:
            self._park(error, pause)
        elif self.pace.refused(started, self._now(), pause) and on_lowered is not None:
            on_lowered(pause if pause and pause > SHORTEST_PAUSE else None)

    def _park(self, error: ModelError, seconds: float) -> None:
        """Turn away whoever waits, and everybody until the time that the provider named."""
        self._parked_until = self._now() + seconds
        self._parked_by = error.copied()
        self.turn_away(error)

    def _raise_if_parked(self) -> None:
        if self._parked_by is not None:
            if self._now() < self._parked_until:
                raise self._parked_by.copied()
            self._parked_by = None

    def _leave(self, party: Party) -> None:
        self.in_flight -= 1
        party.in_flight -= 1
        self._admit()

    def _admit(self) -> None:
        """Let in whoever may come in now, and come back when time alone will let in the next."""
        while self.in_flight < int(self.pace.limit) and (run_id := self._next()) is not None:
            now = self._now()
            if (ready_at := self.pace.ready_at(now)) > now:
                self._come_back(ready_at)
                return
            queue = self._waiting[run_id]
            turn = queue.popleft()
            del self._waiting[run_id]
            if queue:
                self._waiting[run_id] = queue  # Back to the end: the next place is another run's.
            self.in_flight += 1
            turn.party.in_flight += 1
            self.pace.started(now)
            turn.started = now
            turn.decided.set()

    def _next(self) -> str | None:
        """Return the run whose turn it is: the first that waits and may have another call."""
        for run_id, queue in self._waiting.items():
            if queue[0].party.in_flight < queue[0].party.limit:
                return run_id
        return None

    def _come_back(self, at: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= at:
                return  # It looks again then.
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._back)

    def _back(self) -> None:
        self._timer = None
        self._admit()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
