"""Every span ends, whatever becomes of the run, at the moment that its event says."""

import time

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelRequest, OnText
from tests.app.observers.tracing.spans import ERROR, CollectedSpans, hang, said
from tests.engine.stage import Stage, plan, write

pytestmark = pytest.mark.anyio


async def test_leaving_the_stream_ends_every_span(collected: CollectedSpans):
    """When the stream is left in the middle, what was under way ends as interrupted."""
    async with Stage([plan("a", "b")], hang).orchestrator().stream("task") as events:
        async for event in events:
            if event.kind == "plan_completed":
                await anyio.wait_all_tasks_blocked()
                break
    assert [said(span, ERROR) for span in collected.of("invoke_agent")] == [("interrupted",)] * 2
    assert [said(span, ERROR) for span in collected.of("chat")] == [(None,), ("interrupted",), ("interrupted",)]
    assert said(collected.run, "stretto.status", ERROR) == ("interrupted", "interrupted")
    assert said(collected.plan, ERROR, "stretto.attempts") == (None, 1)


async def test_a_plan_and_a_synthesis_under_way_end_with_the_stream(collected: CollectedSpans):
    """A plan that is being written, or a synthesis, ends as interrupted when the run is cancelled."""
    for stage, last in ((Stage(hang), "run_started"), (Stage([plan("a")], write, hang), "synthesis_started")):
        with anyio.CancelScope() as scope:
            async with stage.orchestrator(synthesis="merge").stream("task") as events:
                async for event in events:
                    if event.kind == last:
                        await anyio.wait_all_tasks_blocked()
                        scope.cancel()
                        await anyio.lowlevel.checkpoint()
    planning, _ = collected.of("plan")
    [synthesis] = collected.of("invoke_agent", "synthesis")
    for step in (planning, synthesis):
        assert [said(span, ERROR) for span in (step, *collected.under(step))] == [("interrupted",)] * 2


async def test_a_worker_that_waits_to_be_asked_again_has_no_call_under_way(collected: CollectedSpans):
    """Leaving while a worker pauses between two attempts shows the one attempt that was made."""

    async def busy(request: ModelRequest, say: OnText) -> str:
        raise ModelError("Busy.", kind="rate_limit", retry_after=60.0)

    async with Stage([plan("a")], busy).orchestrator().stream("task") as events:
        async for event in events:
            if event.kind == "worker_retrying":
                break
    [worker] = collected.of("invoke_agent")
    assert [said(call, "stretto.attempt", ERROR) for call in collected.under(worker)] == [(1, "rate_limit")]
    assert said(worker, ERROR) == ("interrupted",)
    waiting = next(event for event in collected.run.events if event.name == "stretto.run_waiting")
    assert dict(waiting.attributes or {}) == {"cause": "gate", "model": "stage", "seconds": 60.0}


async def test_times_are_the_events_own(collected: CollectedSpans):
    """A span begins and ends when its events say, counted from the moment the run began."""
    before = time.time_ns()
    events, _ = await Stage([plan("a")]).run()
    at = {event.kind: event.at for event in events}
    begin = (collected.run.start_time or 0) - int(at["run_started"] * 1e9)
    [worker] = collected.of("invoke_agent")
    assert worker.start_time == begin + int(at["worker_started"] * 1e9)
    assert worker.end_time == begin + int(at["worker_completed"] * 1e9)
    assert collected.plan.end_time == begin + int(at["plan_completed"] * 1e9)
    assert collected.run.end_time == begin + int(at["run_completed"] * 1e9)
    assert before - 1_000_000_000 < begin <= time.time_ns()
