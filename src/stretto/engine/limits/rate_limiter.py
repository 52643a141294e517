"""The rate limiter in front of one model, shared by all runs: when the next call may start, and whose it is."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from math import inf

import anyio

from stretto.core.errors import ModelError
from stretto.core.models import RateLimits
from stretto.engine.limits.adaptive_rate import AdaptiveRate
from stretto.engine.limits.concurrency import ConcurrencyGroup, FairQueue, Slot
from stretto.engine.limits.rate_headers import RateHeaders
from stretto.engine.limits.retry_after import LONGEST_PAUSE, SHORTEST_PAUSE, THROTTLED

_FORGET_SECONDS = 120.0  # Seconds without a call after which what was learnt holds no more.

OnLowered = Callable[[float | None], None]
"""Called when the rate is lowered, with the seconds of a pause; None for no pause."""


class RateLimiter:
    """Lets calls through as far as the model and the concurrency limits allow; runs that wait take turns."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._rate, self._headers = AdaptiveRate(0.0), RateHeaders()
        self._paused_until = self._latest_at = -inf
        self._unreachable: ModelError | None = None
        self._groups: dict[str, ConcurrencyGroup] = {}
        self._queue = FairQueue()
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def slot(
        self, run_id: str, group: ConcurrencyGroup, on_lowered: OnLowered | None = None, *, wait: bool = True
    ) -> AsyncGenerator[Slot]:
        """Wait until a call may start, and hold its slot until the block is left; learn from what is raised in it.

        Without `wait`, raises `anyio.WouldBlock` when it may not start at once.
        """
        self._groups[run_id] = group
        slot = Slot(run_id, group)
        slot.hold = partial(self._send, slot)
        await self._acquire(slot, wait=wait)
        try:
            yield slot
            self._rate.answered()
            self._observe(slot.limits, slot, on_lowered)
        except ModelError as error:
            self._observe(error.limits, slot, on_lowered)
            if error.kind in THROTTLED:
                self._refused(error, slot, on_lowered)
            raise
        finally:
            self._release(group)

    def run_ended(self, run_id: str) -> None:
        """Forget a run; the others are again held to the largest of their own limits."""
        self._groups.pop(run_id, None)

    def reject_waiting(self, error: ModelError, run_id: str | None = None) -> None:
        """Raise this error in the calls that wait, every run's or one's: they would fail in the same way."""
        self._queue.fail(error, run_id)

    async def _acquire(self, slot: Slot, *, wait: bool) -> None:
        if self._unreachable is not None and self._now() < self._paused_until:
            raise self._unreachable.copied()
        self._unreachable = None
        self._queue.append(slot)
        self._admit()
        if not wait and slot.granted.cancel():
            raise anyio.WouldBlock
        try:
            await slot.granted
        except asyncio.CancelledError:
            # It may have been granted, or turned away, in the moment of being cancelled.
            if not slot.granted.cancelled() and slot.granted.exception() is None:
                self._release(slot.group)
            raise

    async def _send(self, slot: Slot) -> None:
        """Wait until a request that is prepared may leave: some take longer to prepare than others."""
        while True:
            slot.started = self._now()
            if self._rate.send_at <= slot.started:
                return self._rate.sent(slot.started)
            await asyncio.sleep(self._rate.send_at - slot.started)

    def _release(self, group: ConcurrencyGroup) -> None:
        self.in_flight -= 1
        group.in_flight -= 1
        self._admit()

    def _admit(self, *, waited: bool = False) -> None:
        """Start the calls that may start now, and come back when time alone lets the next one start."""
        limit = max((group.limit for group in self._groups.values()), default=0)
        while self.in_flight < limit and (slot := self._queue.first()) is not None:
            now = self._now()
            if now - self._latest_at > _FORGET_SECONDS:
                self._rate = AdaptiveRate(now)
            held_until, ready_at = self._held_until(), self._rate.ready_at(now)
            if max(held_until, ready_at) > now:
                self._admit_at(max(held_until, ready_at), for_rate=ready_at > held_until)
                return
            self._queue.pop(slot)
            self.in_flight += 1
            slot.group.in_flight += 1
            slot.started = self._latest_at = now
            self._rate.started(now, waited=waited)
            waited = False
            slot.granted.set_result(None)

    def _admit_at(self, at: float, *, for_rate: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, partial(self._admit, waited=for_rate))

    def _held_until(self) -> float:
        """Return when the next call may start by what the model asked for: Retry-After and headers."""
        return max(self._paused_until, self._headers.ready_at(self._latest_at))

    def _observe(self, limits: RateLimits | None, slot: Slot, on_lowered: OnLowered | None) -> None:
        if limits is not None:
            now = self._now()
            held_until = max(now, self._held_until())
            self._headers.observed(limits, slot.started, now)
            if on_lowered is not None and (pause := self._held_until() - held_until) >= SHORTEST_PAUSE:
                on_lowered(pause)

    def _refused(self, error: ModelError, slot: Slot, on_lowered: OnLowered | None) -> None:
        now, pause = self._now(), error.retry_after or 0.0
        if pause > SHORTEST_PAUSE:
            self._paused_until = max(self._paused_until, now + pause)
        if pause > LONGEST_PAUSE:
            self._unreachable = error.copied()
            self.reject_waiting(error)
        elif self._rate.refused(slot.started, now) and on_lowered is not None:
            on_lowered(pause if pause > SHORTEST_PAUSE else None)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
