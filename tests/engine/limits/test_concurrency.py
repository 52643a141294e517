"""Calls at a time: turns, places, and several limits in one process."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelRequest, OnText
from stretto.engine.limits.concurrency import ConcurrencyGroup
from stretto.engine.limits.rate_limiter import RateLimiter
from stretto.engine.limits.registry import LimiterRegistry
from tests.engine.limits.virtual_provider import VirtualLoop
from tests.engine.stage import Stage, plan, write

pytestmark = pytest.mark.anyio


async def hold(limiter: RateLimiter, group: ConcurrencyGroup, run: str, log: list[str], release: anyio.Event) -> None:
    """Take a slot, say so, and keep it until released."""
    async with limiter.slot(run, group):
        log.append(run)
        await release.wait()


async def test_runs_that_wait_take_turns():
    """A run with many waiting calls does not keep another run's single call behind all of them."""
    limiter, group, log, release = RateLimiter(), ConcurrencyGroup(1), [], anyio.Event()
    async with anyio.create_task_group() as tasks, AsyncExitStack() as stack:
        await stack.enter_async_context(limiter.slot("first", group))
        for run in ("big", "big", "big", "small"):
            tasks.start_soon(hold, limiter, group, run, log, release)
            await anyio.wait_all_tasks_blocked()
        release.set()
        await stack.aclose()
    assert log == ["big", "small", "big", "big"]
    assert limiter.in_flight == 0


async def test_a_call_cancelled_while_it_waits_leaves_no_trace():
    """Cancelling a waiting call frees nothing it did not have and blocks nobody."""
    limiter, group, log, release = RateLimiter(), ConcurrencyGroup(1), [], anyio.Event()
    async with anyio.create_task_group() as tasks:
        async with limiter.slot("holder", group):
            with anyio.move_on_after(0):
                await hold(limiter, group, "gone", log, release)
            tasks.start_soon(hold, limiter, group, "next", log, release)
            await anyio.wait_all_tasks_blocked()
        await anyio.wait_all_tasks_blocked()
        assert (log, limiter.in_flight) == (["next"], 1)
        release.set()
    assert limiter.in_flight == 0


async def test_a_slot_given_in_the_moment_of_cancelling_is_passed_on():
    """A call that is admitted and cancelled at once, as asyncio's own cancel does, hands its slot on."""
    limiter, group, log, release = RateLimiter(), ConcurrencyGroup(1), list[str](), anyio.Event()
    release.set()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(limiter.slot("holder", group))
        gone = asyncio.create_task(hold(limiter, group, "gone", log, release))
        await anyio.wait_all_tasks_blocked()
        after = asyncio.create_task(hold(limiter, group, "next", log, release))
        await anyio.wait_all_tasks_blocked()
        await stack.aclose()  # Admits "gone", which is cancelled before it can run.
        gone.cancel()
    await after
    assert (log, limiter.in_flight, gone.cancelled()) == (["next"], 0, True)


async def test_a_model_has_one_rate_limiter_for_all():
    """Everybody who asks for a model's limiter gets the same one; another account's has its own."""
    one, same, other = Stage([]).model, Stage([]).model, Stage([]).model
    other.account = "another"
    assert LimiterRegistry(3).limiter(one) is LimiterRegistry(9).limiter(same)
    assert LimiterRegistry(3).limiter(one) is not LimiterRegistry(3).limiter(other)


@dataclass
class Crowd:
    """One orchestrator's workers at a model, and how many were there at once."""

    limit: int
    subtasks: int
    there: int = 0
    most: int = 0
    ended: float = 0.0

    async def run(self, everybody: Sequence["Crowd"], starts: list[tuple[float, int]]) -> None:
        """Run one task whose workers take a second each."""

        async def work(request: ModelRequest, say: OnText) -> str:
            self.there += 1
            self.most = max(self.most, self.there)
            starts.append((anyio.current_time(), sum(crowd.there for crowd in everybody)))
            await anyio.sleep(1.0)
            self.there -= 1
            return await write(request, say)

        names = (chr(ord("a") + index) for index in range(self.subtasks))
        _, result = await Stage([plan(*names)], work).run(concurrency=self.limit, max_subtasks=self.subtasks)
        assert result.status == "complete"
        self.ended = anyio.current_time()


def meet(*crowds: Crowd, after: float = 0.0) -> list[tuple[float, int]]:
    """Let these orchestrators run at once in one process, each a little later.

    Returns when each call started, and how many there were then.
    """
    starts: list[tuple[float, int]] = []

    async def all_of_them() -> None:
        async with anyio.create_task_group() as tasks:
            for crowd in crowds:
                tasks.start_soon(crowd.run, crowds, starts)
                await anyio.sleep(after)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(all_of_them())
    return starts


def most(starts: list[tuple[float, int]], after: float = 0.0) -> int:
    """Return how many calls there were at the most."""
    return max(there for at, there in starts if at >= after)


@pytest.mark.parametrize("after", [0.0, 0.5, 2.5])
def test_each_keeps_to_its_own_number_of_calls(after: float):
    """Whoever came last does not set the limit for the others, and together they take no more than the largest."""
    small, large = Crowd(limit=2, subtasks=12), Crowd(limit=8, subtasks=60)
    assert most(meet(small, large, after=after)) == 8
    assert (small.most, large.most) == (2, 8)
    large, small = Crowd(limit=8, subtasks=60), Crowd(limit=2, subtasks=12)
    assert most(meet(large, small, after=after)) == 8
    assert (small.most, large.most) == (2, 8)


def test_calls_that_may_go_on_do_not_wait_behind_those_that_may_not():
    """A run at its own limit keeps nobody else from the places that are free."""
    small, large = Crowd(limit=1, subtasks=10), Crowd(limit=5, subtasks=16)
    meet(small, large)
    # One place is the small run's; four are left for sixteen calls.
    assert (small.ended, large.ended) == (10.0, 4.0)


def test_a_large_number_holds_only_while_somebody_asks_for_it():
    """Small runs have their own two calls each while a large one lives, and two together once it has ended."""
    large, one, other = Crowd(limit=6, subtasks=6), Crowd(limit=2, subtasks=8), Crowd(limit=2, subtasks=8)
    starts = meet(one, other, large)
    assert (most(starts), one.most, other.most) == (6, 2, 2)
    assert most(starts, after=large.ended + 0.5) == 2


async def test_a_model_that_is_out_of_reach_keeps_no_reference_to_its_call():
    """The error is kept without its frames, which would keep the model and its connections until the loop ends."""
    limiter, group = RateLimiter(), ConcurrencyGroup(2)
    told = ModelError("Come back later.", kind="rate_limit", retry_after=90.0, status=429)
    with pytest.raises(ModelError):
        async with limiter.slot("run", group):
            raise told
    for _ in range(2):
        with pytest.raises(ModelError, match="Come back later") as caught:
            async with limiter.slot("run", group):
                raise AssertionError("the model is out of reach")
        assert caught.value is not told
        assert (caught.value.kind, caught.value.retry_after, caught.value.status) == ("rate_limit", 90.0, 429)


async def test_calls_that_are_not_to_be_made_do_not_wait_for_their_turn():
    """A cause that ends one run's calls ends its wait at once, and nobody else's."""
    limiter, group, log, release = RateLimiter(), ConcurrencyGroup(1), list[str](), anyio.Event()
    error = ModelError("no key", kind="authentication")
    async with anyio.create_task_group() as tasks, AsyncExitStack() as stack:
        await stack.enter_async_context(limiter.slot("holder", group))
        tasks.start_soon(hold, limiter, group, "other", log, release)
        await anyio.wait_all_tasks_blocked()
        with pytest.RaisesGroup(pytest.RaisesExc(ModelError, match="no key")):
            async with anyio.create_task_group() as waiting:
                waiting.start_soon(hold, limiter, group, "closed", log, release)
                await anyio.wait_all_tasks_blocked()
                limiter.reject_waiting(error, "closed")
        release.set()
        await stack.aclose()
    assert log == ["other"]
