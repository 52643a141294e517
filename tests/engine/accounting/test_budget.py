"""Money, tokens and time are capped before they are spent."""

from decimal import Decimal

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.core.errors import InputError, ModelError
from stretto.core.journal import CallEnd, CallStart
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.usage import FREE, UNKNOWN_COST, Cost, Usage
from stretto.engine.accounting.budget import Budget, BudgetTracker
from tests.engine.stage import RECIPE, Stage, asked_type, kinds, plan, reply
from tests.faults.clock import LeapingLoop

CALLS = st.lists(
    st.tuples(st.integers(1, 400), st.floats(0, 1), st.integers(0, 5), st.booleans()), min_size=1, max_size=25
)
"""Reservation in tokens, the part really used, how long it takes, and whether the provider says what was used."""


@settings(max_examples=150)
@given(calls=CALLS, limit=st.integers(1, 1_000), held=st.integers(0, 200))
def test_used_and_promised_never_exceed_the_budget(
    calls: list[tuple[int, float, int, bool]], limit: int, held: int
) -> None:
    """For any interleaving: used plus promised stays within the budget, and what does not fit says so."""
    price = Decimal("0.001")
    budget_tracker = BudgetTracker(Budget(tokens=limit, usd=limit * price))
    ends: list[str] = []

    def within() -> bool:
        usage, cost = budget_tracker.committed
        return usage.total_tokens <= limit and cost.usd <= limit * price

    async def call(number: int, size: int, part: float, turns: int, told: bool) -> None:
        start = CallStart(
            call_id=str(number),
            role="worker",
            model="m",
            reserved=Usage(output_tokens=size),
            reserved_cost=Cost(usd=size * price),
        )
        try:
            async with budget_tracker.reserve(start):
                assert within()
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                used = int(size * part)
                usage = Usage(output_tokens=used) if told else None
                budget_tracker.settle(start, CallEnd(call_id=str(number), usage=usage, cost=Cost(usd=used * price)))
                assert within()
            ends.append("done")
        except ModelError as error:
            ends.append(error.kind)

    async def main() -> None:
        try:
            await budget_tracker.reserve_ahead("synthesis", Usage(output_tokens=held), Cost(usd=held * price))
        except ModelError:
            assert held > limit
            return
        async with anyio.create_task_group() as group:
            for number, one in enumerate(calls):
                group.start_soon(call, number, *one)
        assert len(ends) == len(calls)
        assert set(ends) <= {"done", "budget"}
        budget_tracker.release("synthesis")
        usage, _ = budget_tracker.committed
        assert usage == budget_tracker.total.usage

    anyio.run(main)


@pytest.mark.anyio
async def test_what_does_not_fit_is_skipped_and_reported():
    """Workers that the budget has no room for are skipped, never half done, and named in the shortfall."""

    async def work(request: ModelRequest, say: OnText) -> ModelReply:
        return reply(f"copy by {asked_type(request)}", tokens=2_000)

    stage = Stage([reply(plan(*"abcde"), tokens=1_000)], work)
    events, result = await stage.run(max_tokens_total=20_000, concurrency=1)
    done = [r.type for r in result.results if r.status == "completed"]
    skipped = [r for r in result.results if r.status == "skipped"]
    assert result.status == "partial"
    assert done
    assert skipped
    assert {r.error.kind for r in skipped if r.error} == {"budget"}
    assert "budget of 20000 tokens" in result.shortfall[0].failure.message
    assert result.usage.total_tokens <= 20_000
    assert len(stage.asked("worker")) == len(done)
    assert kinds(events).count("subtask_skipped") == len(skipped)


@pytest.mark.anyio
async def test_a_budget_too_small_for_the_plan_makes_no_call():
    """When not even the orchestrator's call fits, nothing is called and the run says why."""
    stage = Stage([plan("a")])
    _, result = await stage.run(max_tokens_total=100)
    assert (result.status, stage.requests, result.shortfall[0].failure.kind) == ("failed", [], "budget")


@pytest.mark.anyio
async def test_a_requested_synthesis_is_reserved_first():
    """Workers do not eat the synthesis' share; a budget that cannot hold it at all makes no call."""
    stage = Stage([reply(plan(*"abcde"), tokens=500)])
    _, result = await stage.run(max_tokens_total=26_000, synthesis="merge", concurrency=1)
    assert result.synthesis is not None
    assert result.synthesis.status == "completed"
    assert [r.status for r in result.results].count("completed") >= 1
    stage = Stage([plan("a")])
    _, result = await stage.run(max_tokens_total=5_000, synthesis="merge")
    assert (result.status, stage.requests) == ("failed", [])


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"loop_factory": LeapingLoop})], ids=["no waiting"])
@pytest.mark.anyio
async def test_a_deadline_ends_the_run_with_what_is_there():
    """Past the deadline nothing new is called, what runs is given up, and finished results stand."""

    async def work(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "b":
            await anyio.sleep_forever()
        return "copy"

    stage = Stage([plan("a", "b")], work)
    _, result = await stage.run(deadline=60)
    assert (result.status, [r.status for r in result.results]) == ("partial", ["completed", "failed"])
    assert result.shortfall[0].failure.kind == "deadline"
    assert "60 seconds" in result.shortfall[0].failure.message


def test_a_dollar_budget_needs_known_prices():
    """A price that is not known is refused with the way out, never taken for zero."""
    stage = Stage([])
    stage.model.price = lambda usage: UNKNOWN_COST  # type: ignore[method-assign]
    with pytest.raises(InputError, match=r"price of stage is not known.*max_tokens_total"):
        stage.orchestrator(budget_usd=1.0)
    assert stage.orchestrator(max_tokens_total=1_000)
    stage.model.price = lambda usage: FREE  # type: ignore[method-assign]
    assert stage.orchestrator(budget_usd=1.0, recipe=RECIPE)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"budget_usd": 0}, "budget_usd must be more than 0"),
        ({"max_tokens_total": -1}, "max_tokens_total must be more than 0"),
        ({"deadline": 0}, "deadline must be more than 0 seconds"),
    ],
)
def test_a_limit_of_nothing_is_refused(option: dict[str, float], says: str):
    """A limit that allows nothing is a mistake, and said."""
    with pytest.raises(InputError, match=says):
        Stage([]).orchestrator(**option)


@pytest.mark.anyio
async def test_runs_of_one_batch_share_its_budget():
    """What one run of a batch uses is missing to the others; together they stay within the batch's budget."""

    async def call(budget_tracker: BudgetTracker, number: int) -> str:
        reserved = Usage(output_tokens=40)
        start = CallStart(call_id=str(number), role="worker", model="m", reserved=reserved, reserved_cost=FREE)
        try:
            async with budget_tracker.reserve(start):
                await anyio.lowlevel.checkpoint()
                budget_tracker.settle(start, CallEnd(call_id=str(number), usage=Usage(output_tokens=30), cost=FREE))
        except ModelError as error:
            return error.kind
        return "done"

    batch = BudgetTracker(Budget(tokens=100))
    runs = [BudgetTracker(Budget(), parent=batch) for _ in range(2)]
    ends = [await call(runs[number % 2], number) for number in range(4)]
    assert ends == ["done", "done", "done", "budget"]
    assert [budget_tracker.total.usage.output_tokens for budget_tracker in (*runs, batch)] == [60, 30, 90]
    with pytest.raises(ModelError, match="budget"):
        await runs[0].reserve_ahead("synthesis", Usage(output_tokens=20), FREE)
    await runs[0].reserve_ahead("synthesis", Usage(output_tokens=10), FREE)
    assert batch.committed[0].output_tokens == 100
    runs[0].release("synthesis")
    assert batch.committed[0].output_tokens == 90


@pytest.mark.anyio
async def test_a_call_that_never_left_costs_nothing():
    """Without a connection nothing can be billed; a call that was lost on the way counts as its reservation."""

    async def run(*, sent: bool) -> int:
        async def work(request: ModelRequest, say: OnText) -> str:
            raise ModelError("no route", kind="connection", sent=sent)

        _, result = await Stage([reply(plan("a"), tokens=0)], work).run(attempts=1)
        return result.results[0].usage.total_tokens

    assert await run(sent=False) == 0
    assert await run(sent=True) > 4_000
