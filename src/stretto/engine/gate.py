"""The shared limiter in front of one model: bounds the calls in flight, fair between runs, and learns from refusals."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from anyio.lowlevel import RunVar

from stretto.core.errors import ModelError
from stretto.core.limits import NotShared, SharedLimits
from stretto.core.models import Model, RateLimits
from stretto.engine.breaker import Breakers
from stretto.engine.pace import LONGEST_PAUSE, SHORTEST_PAUSE, THROTTLED, Pace

OnLowered = Callable[[float | None], None]
"""Told that calls come more slowly now, and after how many seconds of pause; None for no pause."""


@dataclass(slots=True)
class Place:
    """One call's place at the gate."""

    limits: RateLimits | None = None
    """Set by whoever holds it: what the model's answer said of its limits. An error that is raised brings its own."""


class _Turn:
    """One call that waits for its place."""

    def __init__(self) -> None:
        self.decided = asyncio.Event()
        self.started = 0.0
        self.error: ModelError | None = None
        """Set when the call may not be made at all."""


class Gate:
    """Lets calls through as far as its limits allow; runs that wait take turns."""

    def __init__(self, limit: int) -> None:
        self.pace = Pace(limit)
        self.in_flight = 0
        # By run, in the order in which they are served next; a run is here only while it waits.
        self._waiting: dict[str, deque[_Turn]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._parked_until = 0.0
        self._parked_by: ModelError | None = None

    @asynccontextmanager
    async def place(self, run_id: str, on_lowered: OnLowered | None = None) -> AsyncGenerator[Place]:
        """Wait for a place, and hold it until the block is left; a refusal raised in it lowers the limits."""
        started = await self._enter(run_id)
        place = Place()
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
            self._leave()

    def turn_away(self, error: ModelError, run_id: str | None = None) -> None:
        """Let whoever waits know that the call is not to be made: every run's, or one's."""
        for waiting in tuple(self._waiting) if run_id is None else (run_id,):
            for turn in self._waiting.pop(waiting, ()):
                turn.error = error
                turn.decided.set()

    async def _enter(self, run_id: str) -> float:
        self._raise_if_parked()
        turn = _Turn()
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
                self._leave()
            raise
        if turn.error is not None:
            raise turn.error
        return turn.started

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

    def _leave(self) -> None:
        self.in_flight -= 1
        self._admit()

    def _admit(self) -> None:
        """Let in whoever may come in now, and come back when time alone will let in the next."""
        while self._waiting and self.in_flight < int(self.pace.limit):
            now = self._now()
            if (ready_at := self.pace.ready_at(now)) > now:
                self._come_back(ready_at)
                return
            run_id, queue = next(iter(self._waiting.items()))
            turn = queue.popleft()
            del self._waiting[run_id]
            if queue:
                self._waiting[run_id] = queue  # Back to the end: the next place is another run's.
            self.in_flight += 1
            self.pace.started(now)
            turn.started = now
            turn.decided.set()

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


@dataclass(slots=True)
class _Shared:
    """What all runs of one event loop share: a gate's waiters live in one loop."""

    gates: dict[str, dict[str, Gate]] = field(default_factory=dict[str, dict[str, Gate]])
    """By account and model."""
    breakers: Breakers = field(default_factory=Breakers)


_shared: RunVar[_Shared] = RunVar("stretto_shared_limits")


class Gates:
    """The gates and breakers of the whole process, and what it knows of those of others."""

    def __init__(self, limit: int, *, others: SharedLimits | None = None) -> None:
        self._limit = limit
        self._others = others or NotShared()

    def of(self, model: Model) -> Gate:
        """Return the gate in front of a model, under the limit that was asked for last."""
        gates = self._of_this_loop().gates.setdefault(model.account, {})
        limit = self._others.share(self._limit)
        if (gate := gates.get(model.name)) is None:
            gate = gates[model.name] = Gate(limit)
        gate.pace.allow(limit)
        return gate

    def look(self, account: str, run_id: str, now: float) -> None:
        """The same as `check` before a call that is still to wait for its place: it is not the probe yet."""
        self._breakers.look(account, run_id, now)
        self._raise_if_closed_elsewhere(account)

    def check(self, account: str, run_id: str, now: float) -> None:
        """Raise the error that an account cannot pay, met here or elsewhere, unless it is time to try again."""
        self._breakers.check(account, run_id, now)
        self._raise_if_closed_elsewhere(account)

    def _raise_if_closed_elsewhere(self, account: str) -> None:
        if error := self._others.closed(account):
            raise error

    def trip(self, account: str, run_id: str, error: ModelError, now: float) -> bool:
        """Open an account's breaker, here and elsewhere; return whether it was closed here until now."""
        self._others.trip(account, error)
        for gate in self._of_this_loop().gates.get(account, {}).values():
            gate.turn_away(error)
        return self._breakers.trip(account, run_id, error, now)

    def succeeded(self, account: str) -> None:
        """The account answered: close its breaker."""
        self._breakers.succeeded(account)

    def run_ended(self, run_id: str) -> None:
        """Forget a run; a breaker that stops nobody is closed."""
        self._breakers.run_ended(run_id)

    @property
    def _breakers(self) -> Breakers:
        return self._of_this_loop().breakers

    def _of_this_loop(self) -> _Shared:
        try:
            return _shared.get()
        except LookupError:
            shared = _Shared()
            _shared.set(shared)
            return shared
