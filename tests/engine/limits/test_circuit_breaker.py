"""An account that cannot pay is left alone by every run."""

from contextlib import AsyncExitStack

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelRequest, OnText
from stretto.engine import LimiterRegistry
from stretto.engine.limits.circuit_breaker import PROBE_EVERY, CircuitBreakers
from stretto.models import FunctionModel
from tests.engine.stage import Stage, of_kind, plan

ERROR = ModelError("The credit is used up.", kind="billing", hint="Add credit.")


def test_an_open_breaker_lets_one_call_through_now_and_then():
    """While runs are held back, a probe is made every ten seconds; an answer closes the breaker."""
    breakers = CircuitBreakers()
    breakers.check("acme", "r1", 0.0)
    assert breakers.trip("acme", "r1", ERROR, 0.0)
    assert not breakers.trip("acme", "r1", ERROR, 0.5)
    with pytest.raises(ModelError, match="credit"):
        breakers.check("acme", "r2", 1.0)
    breakers.check("other", "r2", 1.0)
    breakers.check_early("acme", "r2", PROBE_EVERY)  # Whoever still waits for a slot is not the probe.
    breakers.check("acme", "r2", PROBE_EVERY)
    with pytest.raises(ModelError, match="credit"):
        breakers.check("acme", "r3", PROBE_EVERY + 0.1)
    breakers.succeeded("acme")
    breakers.check("acme", "r3", PROBE_EVERY + 0.2)


def test_a_breaker_that_holds_nobody_back_is_closed():
    """When the last run it stopped has ended, the next run tries at once: its user may have paid."""
    breakers = CircuitBreakers()
    breakers.trip("acme", "r1", ERROR, 0.0)
    with pytest.raises(ModelError):
        breakers.check("acme", "r2", 0.1)
    breakers.run_ended("r1")
    with pytest.raises(ModelError):
        breakers.check("acme", "r3", 0.2)
    breakers.run_ended("r2")
    breakers.run_ended("r3")
    breakers.check("acme", "r4", 0.3)


@pytest.mark.anyio
async def test_one_billing_error_stops_the_calls_of_every_run():
    """Two runs behind one account: after the first billing error neither makes a further call, finished work stays."""
    calls: list[str] = []

    async def work(request: ModelRequest, say: OnText) -> str:
        calls.append(request.prompt)
        if len(calls) == 2:
            raise ERROR
        return "copy"

    worker = Stage([], work)
    worker.model.name = "paid"
    results = []
    waiting = []

    async def run() -> None:
        events, result = await Stage([plan("a", "b", "c")]).run(worker_model=worker.model, concurrency=1)
        results.append(result)
        waiting.extend(of_kind(events, "run_waiting"))

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        group.start_soon(run)
    assert len(calls) == 2
    statuses = [r.status for result in results for r in result.results]
    assert (statuses.count("completed"), statuses.count("failed")) == (1, 5)
    assert [event.cause for event in waiting] == ["breaker"]
    assert "Add credit." in str(results[0].shortfall[0].failure)


class Elsewhere:
    """Other processes: one of them found that an account cannot pay."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def share(self, total: int) -> int:
        """Give a quarter."""
        return max(1, total // 4)

    def closed(self, account: str) -> ModelError | None:
        """Know of one account."""
        return ERROR if account == "acme" else None

    def trip(self, account: str, error: ModelError) -> None:
        """Take note."""
        self.told.append(account)


@pytest.mark.anyio
async def test_what_other_processes_met_holds_here_too():
    """An account that cannot pay is told to the others and heard of them; a limit for all is divided."""
    others = Elsewhere()
    limiters = LimiterRegistry(20, others=others)
    with pytest.raises(ModelError, match="credit"):
        limiters.check("acme", "r1", 0.0)
    limiters.check("other", "r1", 0.0)
    assert limiters.trip("other", "r1", ERROR, 0.0)
    assert others.told == ["other"]
    model = FunctionModel(answer_nothing, name="shared")
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(limiters.slot(model, "r1"))
        with anyio.move_on_after(0):
            await stack.enter_async_context(limiters.slot(model, "r1"))
        assert limiters.limiter(model).in_flight == 5


async def answer_nothing(request: ModelRequest, say: OnText) -> str:
    """Answer with nothing."""
    return ""
