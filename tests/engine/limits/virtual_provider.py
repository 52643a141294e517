"""Workers behind the real rate limiter and retry loop, before a provider that is made up, in virtual time."""

import asyncio
import random
import selectors
from collections.abc import Callable
from contextvars import Context, ContextVar
from dataclasses import dataclass, field
from math import inf
from typing import Any

import anyio

from stretto.core.errors import ErrorKind, ModelError
from stretto.core.models import RateLimits
from stretto.engine.calls.retry import retry_loop
from stretto.engine.job import RunSettings
from stretto.engine.limits.concurrency import ConcurrencyGroup
from stretto.engine.limits.rate_limiter import RateLimiter

SETTINGS = RunSettings(subtasks=(1, 1), max_subtasks=1_000)


_late: ContextVar[float] = ContextVar("late", default=0.0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Waiting takes no time: the clock goes on to the next timer once nobody has anything to do."""

    def __init__(self) -> None:
        self._seconds = 0.0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        """Return the seconds that were waited for so far."""
        return self._seconds

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call it then, or as much later as whoever asks for it is to be late."""
        return super().call_at(when + _late.get(), callback, *args, context=context)

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds


class _Skipping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self._loop.skip(timeout)
        return super().select(timeout if timeout is None else 0)


Latency = Callable[[random.Random], float]


def steady(seconds: float) -> Latency:
    """Return a latency that varies by a half."""
    return lambda chance: seconds * chance.uniform(0.5, 1.5)


def long_tailed(seconds: float) -> Latency:
    """Return a latency of which one in ten is five times as long."""
    return lambda chance: seconds * chance.uniform(0.5, 1.0) * (5.0 if chance.random() < 0.1 else 1.0)


@dataclass(frozen=True, kw_only=True)
class Provider:
    """How a provider behaves."""

    rate: float = 20.0
    burst: float = 20.0
    latency: Latency = field(default=steady(0.5))
    way: Latency = field(default=steady(0.003))
    """Seconds until a request arrives."""
    preparation: Latency = field(default=steady(0.0))
    """Seconds until it is ready to be sent."""
    late: Latency = field(default=lambda chance: 0.0)
    """Seconds that it leaves after the moment for which it is held."""
    refusal: Latency = field(default=steady(0.02))
    """Seconds until a refusal is heard of."""
    retry_after: Callable[[float], float | None] = lambda wait: None
    """What a refusal says, by the seconds until the next token."""
    headers: Callable[["Meter"], RateLimits | None] = lambda meter: None
    kind: ErrorKind = "rate_limit"
    out: tuple[float, float] = (0.0, 0.0)
    """Seconds between which everything is refused."""
    stray: frozenset[int] = frozenset()
    """Numbers of calls that are refused out of nowhere."""
    at_once: int = 1_000_000
    """Calls that may be under way."""


@dataclass
class Meter:
    """A provider at work, and what arrived there."""

    provider: Provider
    chance: random.Random
    level: float = field(init=False)
    at: float = 0.0
    busy: int = 0
    seconds: float = 0.0
    """Of all answers."""
    calls: list[tuple[float, bool]] = field(default_factory=list[tuple[float, bool]])
    """When each call arrived and whether it was let in."""

    def __post_init__(self) -> None:
        self.level = self.provider.burst

    async def call(self) -> RateLimits | None:
        """Answer, or refuse."""
        provider = self.provider
        await anyio.sleep(provider.way(self.chance))
        now = anyio.current_time()
        self.level = min(provider.burst, self.level + (now - self.at) * provider.rate)
        self.at = now
        out = provider.out[0] <= now < provider.out[1] or self.busy >= provider.at_once
        taken = self.level >= 1.0 and not out and len(self.calls) not in provider.stray
        self.calls.append((now, taken))
        if not taken:
            wait, limits = max(0.0, 1.0 - self.level) / provider.rate, provider.headers(self)
            await anyio.sleep(provider.refusal(self.chance))
            raise ModelError("no", kind=provider.kind, retry_after=provider.retry_after(wait), limits=limits)
        self.level -= 1.0
        limits = provider.headers(self)
        self.busy += 1
        seconds = provider.latency(self.chance)
        self.seconds += seconds
        await anyio.sleep(seconds)
        self.busy -= 1
        return limits


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a rehearsal."""

    calls: list[tuple[float, bool]]
    failed: int
    ends: list[float]
    """When each run's last call ended."""
    latency: float
    """Seconds that an answer took on average."""

    @property
    def ended(self) -> float:
        """Return when the last call ended."""
        return max(self.ends)

    def refused(self, after: float = 0.0) -> float:
        """Return the share of the calls that were refused, from some seconds after the first one."""
        taken = [taken for at, taken in self.calls if at >= self.calls[0][0] + after]
        return taken.count(False) / len(taken)

    def rate(self, after: float = 0.0, until: float = inf) -> float:
        """Return the calls a second that were let in between two moments, or until the last one."""
        began = self.calls[0][0] + after
        taken = [at for at, taken in self.calls if taken and after <= at - self.calls[0][0] <= until]
        return len(taken) / (taken[-1] - began)


def simulate(
    provider: Provider, *, workers: int = 200, runs: int = 1, concurrency: int = 200, seed: int = 1
) -> Outcome:
    """Let so many workers in so many runs make one call each that counts."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_simulate(provider, workers, runs, concurrency, seed))


async def _simulate(provider: Provider, workers: int, runs: int, concurrency: int, seed: int) -> Outcome:
    random.seed(seed)  # tenacity's jitter has no other source.
    meter = Meter(provider, random.Random(seed))
    limiter, group = RateLimiter(), ConcurrencyGroup(concurrency)
    ends, failed = [0.0] * runs, 0

    async def work(run: int) -> None:
        nonlocal failed
        try:
            async for attempt in retry_loop(SETTINGS, lambda error: True, lambda error, wait: None):
                with attempt:
                    async with limiter.slot(str(run), group) as slot:
                        await anyio.sleep(provider.preparation(meter.chance))
                        token = _late.set(provider.late(meter.chance))
                        await slot.hold()
                        _late.reset(token)
                        slot.limits = await meter.call()
        except ModelError:
            failed += 1
        ends[run] = anyio.current_time()

    async with anyio.create_task_group() as tasks:
        for number in range(workers):
            tasks.start_soon(work, number % runs)
    answered = sum(taken for _, taken in meter.calls)
    return Outcome(calls=meter.calls, failed=failed, ends=ends, latency=meter.seconds / answered)
