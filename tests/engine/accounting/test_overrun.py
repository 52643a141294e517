"""A provider that takes more than it was asked to: no call starts once the budget is overrun, and it is named."""

from decimal import Decimal

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.core.journal import CallEnd, CallStart, SavedRun
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.task import Task
from stretto.core.usage import FREE, Cost, Usage
from stretto.engine import Budget, BudgetTracker, Job, LimiterRegistry, RoleModels, RunSettings, open_run
from stretto.journal import MemoryJournal
from tests.engine.stage import RECIPE, Stage, asked_type, cut, plan

SETTINGS = RunSettings(subtasks=(1, 8), max_subtasks=8, backoff=0.0)
PRICE = Decimal("0.00001")


def greedy(text: str, tokens: int, model: str = "stage") -> ModelReply:
    """Return an answer that took so many output tokens, whatever was asked for."""
    usage = Usage(input_tokens=10, output_tokens=tokens, calls=1)
    return ModelReply(text=text, finish="stop", usage=usage, cost=Cost(usd=tokens * PRICE), model=model)


async def play(
    stage: Stage, budget_tracker: BudgetTracker, *, concurrency: int, synthesis: bool = False, run_id: str = "r"
):
    """Run a task under the books of a batch, and return its result."""
    stage.model.price = lambda usage: Cost(usd=usage.total_tokens * PRICE)  # type: ignore[method-assign]
    role_models = RoleModels(orchestrator=stage.model, worker=stage.model, synthesis=stage.model)
    run = RunSettings(
        subtasks=(1, 8), max_subtasks=8, backoff=0.0, synthesis="merge" if synthesis else "none", attempts=2
    )
    job = Job(
        run_id=run_id,
        task=Task.of("t"),
        recipe=RECIPE,
        role_models=role_models,
        settings=run,
        budget_tracker=budget_tracker,
    )
    with anyio.fail_after(30):
        async with open_run(job, MemoryJournal(), LimiterRegistry(concurrency)) as stream:
            return await stream.result()


@settings(deadline=None, max_examples=60)
@given(
    budget=st.integers(5_000, 60_000),
    took=st.lists(st.integers(1, 20_000), min_size=8, max_size=8),
    waits=st.lists(st.integers(0, 4), min_size=8, max_size=8),
    faults=st.sets(st.integers(0, 7)),
    concurrency=st.integers(1, 8),
    in_money=st.booleans(),
    synthesis=st.booleans(),
)
def test_no_call_starts_once_the_budget_is_overrun(
    budget: int,
    took: list[int],
    waits: list[int],
    faults: set[int],
    concurrency: int,
    in_money: bool,
    synthesis: bool,
) -> None:
    """For any interleaving of any calls: whoever starts finds used and promised within the budget, in either unit."""
    budget_tracker = BudgetTracker(Budget(usd=budget * PRICE) if in_money else Budget(tokens=budget))
    started: list[int] = []

    def within() -> bool:
        usage, cost = budget_tracker.committed
        return cost.usd <= budget * PRICE if in_money else usage.total_tokens <= budget

    async def answer(request: ModelRequest, say: OnText) -> ModelReply:
        assert within()
        number = len(started) % 8
        started.append(number)
        for _ in range(waits[number]):
            await anyio.lowlevel.checkpoint()
        if number in faults and not request.turns:
            raise cut()
        return greedy(f"copy by {asked_type(request)}", took[number])

    async def orchestrate(request: ModelRequest, say: OnText) -> ModelReply:
        assert within()
        return greedy(plan(*"abcdefgh"), took[0])

    stage = Stage(orchestrate, answer, answer)
    result = anyio.run(lambda: play(stage, budget_tracker, concurrency=concurrency, synthesis=synthesis))
    assert result.usage == budget_tracker.total.usage
    failures = {gap.failure.kind for gap in result.shortfall} - {"cut", "empty"}
    assert failures <= {"budget"}
    assert result.usage.calls == len(stage.requests)


@pytest.mark.anyio
@pytest.mark.parametrize("concurrency", [1, 2, 4])
async def test_a_run_overruns_its_budget_by_the_calls_under_way_at_most(concurrency: int):
    """Four times the output that was asked for, eight calls reserved: only those that had begun are paid beyond it."""
    budget = 40_000

    async def work(request: ModelRequest, say: OnText) -> ModelReply:
        await anyio.lowlevel.checkpoint()
        return greedy("copy", 4 * request.max_output_tokens)

    stage = Stage([greedy(plan(*"abcdefgh"), 100)], work)
    result = await play(stage, BudgetTracker(Budget(tokens=budget)), concurrency=concurrency)
    each = 4 * RECIPE.max_output_tokens["worker"] + 10
    done = len(stage.asked("worker"))
    assert budget - each <= result.usage.total_tokens <= budget + concurrency * each
    assert (result.status, [r.status for r in result.results].count("skipped")) == ("partial", 8 - done)
    assert {gap.failure.kind for gap in result.shortfall} == {"budget"}


@pytest.mark.anyio
async def test_rows_of_a_batch_start_no_call_once_it_is_overrun():
    """Two rows at once under one budget: what one takes beyond it keeps the other's calls from starting."""
    budget_tracker = BudgetTracker(Budget(tokens=40_000))
    results = []

    async def work(request: ModelRequest, say: OnText) -> ModelReply:
        assert not budget_tracker.overrun
        await anyio.lowlevel.checkpoint()
        return greedy("copy", 4 * request.max_output_tokens)

    async def row(run_id: str) -> None:
        stage = Stage([greedy(plan(*"abcdefgh"), 100)], work)
        results.append(await play(stage, budget_tracker, concurrency=1, run_id=run_id))

    async with anyio.create_task_group() as group:
        group.start_soon(row, "one")
        group.start_soon(row, "two")
    assert {gap.failure.kind for result in results for gap in result.shortfall} == {"budget"}
    assert budget_tracker.total.usage.total_tokens <= 40_000 + 4 * 4_096 * 2
    assert len(budget_tracker.excesses) == 1


@pytest.mark.anyio
async def test_whoever_takes_more_than_it_was_asked_to_is_named_once():
    """Output beyond max_output_tokens is said once for a model, with both numbers; what keeps to it is not."""

    async def work(request: ModelRequest, say: OnText) -> ModelReply:
        return greedy("copy", request.max_output_tokens + 1)

    _, result = await Stage([plan(*"abc")], work).run()
    limit = RECIPE.max_output_tokens["worker"]
    assert [warning for warning in result.warnings if "stage" in warning] == [
        f"stage reported {limit + 1} output tokens where max_output_tokens is {limit}: "
        "it takes more than it is asked to, so a call can overrun the budget."
    ]
    _, result = await Stage([plan(*"abc")]).run()
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("used", "says"),
    [
        (Usage(input_tokens=2_001, output_tokens=5, calls=1), "2001 input tokens for a prompt of at most 1000"),
        (Usage(input_tokens=2_000, output_tokens=100, calls=1), ""),
        (Usage(input_tokens=9_000, output_tokens=900, calls=4), ""),
    ],
)
def test_usage_beyond_the_request_is_an_excess(used: Usage, says: str):
    """Input far beyond the prompt is said, a little around it is not, nor what an agent took in several requests."""
    start = CallStart(
        call_id="1",
        role="worker",
        model="m",
        reserved=Usage(input_tokens=1_000, output_tokens=100, calls=1),
        reserved_cost=FREE,
    )
    end = CallEnd(call_id="1", usage=used, cost=FREE)
    budget_tracker = BudgetTracker(Budget())
    budget_tracker.settle(start, end)
    again = BudgetTracker(Budget())
    again.restore(SavedRun(starts={"1": start}, ends={"1": end}))
    assert budget_tracker.excesses == again.excesses
    assert [says in said for said in budget_tracker.excesses] == ([True] if says else [])
