"""The gate in front of one model."""

import asyncio
from contextlib import AsyncExitStack

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.engine.gate import Gate, Gates
from tests.engine.stage import Stage

pytestmark = pytest.mark.anyio


async def hold(gate: Gate, run: str, log: list[str], release: anyio.Event) -> None:
    """Take a place, say so, and keep it until released."""
    async with gate.place(run):
        log.append(run)
        await release.wait()


async def test_runs_that_wait_take_turns():
    """A run with many waiting calls does not keep another run's single call behind all of them."""
    gate, log, release = Gate(1), [], anyio.Event()
    async with anyio.create_task_group() as group, AsyncExitStack() as stack:
        await stack.enter_async_context(gate.place("first"))
        for run in ("big", "big", "big", "small"):
            group.start_soon(hold, gate, run, log, release)
            await anyio.wait_all_tasks_blocked()
        release.set()
        await stack.aclose()
    assert log == ["big", "small", "big", "big"]
    assert gate.in_flight == 0


async def test_a_call_cancelled_while_it_waits_leaves_no_trace():
    """Cancelling a waiting call frees nothing it did not have and blocks nobody."""
    gate, log, release = Gate(1), [], anyio.Event()
    async with anyio.create_task_group() as group:
        async with gate.place("holder"):
            with anyio.move_on_after(0):
                await hold(gate, "gone", log, release)
            group.start_soon(hold, gate, "next", log, release)
            await anyio.wait_all_tasks_blocked()
        await anyio.wait_all_tasks_blocked()
        assert (log, gate.in_flight) == (["next"], 1)
        release.set()
    assert gate.in_flight == 0


async def test_a_place_given_in_the_moment_of_cancelling_is_passed_on():
    """A call that is admitted and cancelled at once, as asyncio's own cancel does, hands its place on."""
    gate, log, release = Gate(1), list[str](), anyio.Event()
    release.set()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(gate.place("holder"))
        gone = asyncio.create_task(hold(gate, "gone", log, release))
        await anyio.wait_all_tasks_blocked()
        after = asyncio.create_task(hold(gate, "next", log, release))
        await anyio.wait_all_tasks_blocked()
        await stack.aclose()  # Admits "gone", which is cancelled before it can run.
        gone.cancel()
    await after
    assert (log, gate.in_flight, gone.cancelled()) == (["next"], 0, True)


async def test_a_model_has_one_gate_for_all():
    """Everybody who asks for a model's gate gets the same one; another account's has its own."""
    one, same, other = Stage([]).model, Stage([]).model, Stage([]).model
    other.account = "another"
    assert Gates(3).of(one) is Gates(9).of(same)
    assert Gates(3).of(one) is not Gates(3).of(other)


async def test_a_gate_that_is_shut_for_long_keeps_nothing_of_the_call_that_shut_it():
    """The error is kept without its frames, which would keep the model and its connections until the loop ends."""
    gate = Gate(2)
    told = ModelError("Come back later.", kind="rate_limit", retry_after=90.0, status=429)
    with pytest.raises(ModelError):
        async with gate.place("run"):
            raise told
    for _ in range(2):
        with pytest.raises(ModelError, match="Come back later") as caught:
            async with gate.place("run"):
                raise AssertionError("the gate is shut")
        assert caught.value is not told
        assert (caught.value.kind, caught.value.retry_after, caught.value.status) == ("rate_limit", 90.0, 429)


async def test_calls_that_are_not_to_be_made_do_not_wait_for_their_turn():
    """A cause that ends one run's calls ends its wait at once, and nobody else's."""
    gate, log, release = Gate(1), list[str](), anyio.Event()
    error = ModelError("no key", kind="authentication")
    async with anyio.create_task_group() as group, AsyncExitStack() as stack:
        await stack.enter_async_context(gate.place("holder"))
        group.start_soon(hold, gate, "other", log, release)
        await anyio.wait_all_tasks_blocked()
        with pytest.RaisesGroup(pytest.RaisesExc(ModelError, match="no key")):
            async with anyio.create_task_group() as waiting:
                waiting.start_soon(hold, gate, "closed", log, release)
                await anyio.wait_all_tasks_blocked()
                gate.turn_away(error, "closed")
        release.set()
        await stack.aclose()
    assert log == ["other"]
