"""When a call is made again, how often, and when not."""

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelRequest, OnText
from tests.engine.stage import Stage, of_kind, plan

pytestmark = pytest.mark.anyio


def failing(error: ModelError, *, times: int = 1_000):
    """Return a worker that fails so many times and then answers."""
    left = [times]

    async def work(request: ModelRequest, say: OnText) -> str:
        if left[0]:
            left[0] -= 1
            raise error
        return "copy"

    return work


def busy(retry_after: float | None = None) -> ModelError:
    """Return a rate limit."""
    return ModelError("Too many requests.", kind="rate_limit", retry_after=retry_after)


@pytest.mark.parametrize("kind", ["connection", "timeout", "cut", "server", "protocol"])
async def test_a_passing_fault_is_met_with_a_bounded_number_of_calls(kind: str):
    """A fault that may pass is retried; one that stays costs exactly the allowed attempts."""
    stage = Stage([plan("a")], failing(ModelError("no", kind=kind), times=2))  # type: ignore[arg-type]
    _, result = await stage.run()
    assert (result.status, result.results[0].attempts) == ("complete", 3)
    stage = Stage([plan("a")], failing(ModelError("no", kind=kind)))  # type: ignore[arg-type]
    _, result = await stage.run(attempts=3)
    assert (result.status, len(stage.asked("worker"))) == ("failed", 3)


@pytest.mark.parametrize("kind", ["bad_request", "context_window", "billing", "authentication", "not_found"])
async def test_a_terminal_fault_is_met_once(kind: str):
    """A fault that cannot pass is not tried again."""
    stage = Stage([plan("a")], failing(ModelError("no", kind=kind)))  # type: ignore[arg-type]
    _, result = await stage.run()
    assert (result.status, len(stage.asked("worker"))) == ("failed", 1)


async def test_a_busy_model_is_asked_more_often_than_a_faulty_one():
    """Being over a rate limit is no fault of the call: it may be made again more often, and work held back is said."""
    stage = Stage([plan("a")], failing(busy(0.001), times=5))
    events, result = await stage.run(attempts=2)
    assert (result.status, result.results[0].attempts) == ("complete", 6)
    waits = of_kind(events, "run_waiting")
    assert waits
    assert {(event.cause, event.model) for event in waits} == {("gate", "stage")}
    assert all(event.seconds >= 0.001 for event in of_kind(events, "worker_retrying"))


async def test_run_waiting_is_published_at_most_every_four_seconds():
    """The limits are lowered more than once within a second: that is said once."""
    stage = Stage([plan(*(f"t{number}" for number in range(20)))], failing(busy(), times=5))
    events, result = await stage.run(max_subtasks=20, concurrency=20)
    assert result.status == "complete"
    assert len(of_kind(events, "worker_retrying")) == 5
    assert len(of_kind(events, "run_waiting")) <= 1 + result.seconds / 4


async def test_a_pause_past_the_longest_is_not_waited_for():
    """A provider that asks for an hour is out of reach: one call, siblings that wait make none, others are asked."""
    stage, other = Stage([plan("a", "b", "c")]), Stage([])
    locked = Stage([], failing(busy(3_600.0)))
    locked.model.name, other.model.name = "locked", "other"
    with anyio.fail_after(5):
        _, result = await stage.run(worker_model=locked.model, concurrency=1)
    assert (result.status, len(locked.requests)) == ("failed", 1)
    assert result.shortfall[0].failure.kind == "rate_limit"
    with anyio.fail_after(5):
        _, result = await Stage([plan("a")]).run(worker_model=locked.model, fallback_models=[other.model])
    assert (result.status, result.results[0].model, len(locked.requests)) == ("complete", "other", 1)


async def test_a_model_out_of_reach_is_asked_again_after_the_time_it_named(monkeypatch: pytest.MonkeyPatch):
    """Once the time that the provider named has passed, calls are made again."""
    monkeypatch.setattr("stretto.engine.limits.rate_limiter.LONGEST_PAUSE", 0.0)
    monkeypatch.setattr("stretto.engine.calls.retry.LONGEST_PAUSE", 0.0)
    locked = Stage([], failing(busy(0.02), times=1))
    locked.model.name = "locked"
    _, result = await Stage([plan("a")]).run(worker_model=locked.model)
    assert result.status == "failed"
    await anyio.sleep(0.03)  # The time that was named: nothing else marks its end.
    _, result = await Stage([plan("a")]).run(worker_model=locked.model)
    assert result.status == "complete"
