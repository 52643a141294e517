"""Review: the plan is seen, edited as data, or declined before anything starts."""

import pytest

from stretto import Plan, PlanError
from stretto.core.usage import Quote
from tests.engine.stage import Stage, kinds, of_kind, plan

pytestmark = pytest.mark.anyio


async def review(stage: Stage, hook, **options):
    """Run one task with a review hook and return its events."""
    async with stage.orchestrator(**options).stream("task", review=hook) as stream:
        return [event async for event in stream]


async def test_nothing_starts_before_the_review_has_ended():
    """With review on, no worker is called before the hook returns."""
    stage = Stage([plan("a", "b")])

    async def look(shown: Plan, quote: Quote) -> Plan:
        assert stage.asked("worker") == []
        assert quote.calls == 2
        assert quote.input_tokens > 0
        return shown

    events = await review(stage, look)
    assert events[-1].result.status == "complete"
    order = kinds(events)
    assert order.index("plan_completed") < order.index("review_requested") < order.index("worker_started")


async def test_an_edited_plan_is_what_runs():
    """Removed, added, changed and reordered subtasks run as edited; ids stay with their subtasks."""

    async def edit(shown: Plan, quote: Quote) -> Plan:
        return shown.remove("s1").change("s2", description="be brief").add("new", "something else").add("z", "zz")

    events = await review(Stage([plan("a", "b", "c")]), edit)
    result = events[-1].result
    assert [(r.subtask.id, r.type, r.description) for r in result.results] == [
        ("s2", "b", "be brief"),
        ("s3", "c", "write c"),
        ("s4", "new", "something else"),
        ("s5", "z", "zz"),
    ]
    assert (result.status, result.superseded) == ("complete", ())
    assert {event.subtask.id for event in of_kind(events, "subtask_sealed")} == {"s1", "s2", "s3", "s4", "s5"}

    async def turn(shown: Plan, quote: Quote) -> Plan:
        return shown.reorder(["s2", "s1"])

    events = await review(Stage([plan("a", "b")]), turn)
    assert [r.type for r in events[-1].result.results] == ["b", "a"]


async def test_a_declined_plan_runs_nothing():
    """Declining ends the run as failed, says so, and calls no worker."""
    stage = Stage([plan("a")])

    async def decline(shown: Plan, quote: Quote) -> None:
        return None

    events = await review(stage, decline)
    assert events[-1].result.status == "failed"
    assert events[-1].result.shortfall[0].failure.kind == "declined"
    assert stage.asked("worker") == []


async def test_a_plan_made_elsewhere_is_run_without_the_orchestrator():
    """A given plan is run whole, past the recipe's limits, and the orchestrator is not called."""
    stage = Stage([])
    given = Plan.from_dict({"subtasks": [{"type": f"t{n}", "description": "d"} for n in range(8)]})
    result = await stage.orchestrator(max_subtasks=2).run("task", plan=given)
    assert (result.status, len(result.results)) == ("complete", 8)
    assert stage.asked("orchestrator") == []


async def test_planning_alone_returns_the_plan_with_a_quote():
    """`plan` makes one call and says what running the plan would take."""
    stage = Stage([plan("a", "b")])
    planned = await stage.orchestrator().plan("task")
    assert [s.type for s in planned.plan.subtasks] == ["a", "b"]
    assert (planned.usage.calls, planned.quote.calls, len(stage.requests)) == (1, 2, 1)
    with pytest.raises(PlanError) as caught:
        await Stage(["no", "still no"]).orchestrator().plan("task")
    assert caught.value.raw == "still no"


async def test_a_quote_takes_no_call():
    """`quote` counts the calls of a whole run, synthesis included, without making one."""
    stage = Stage([])
    quote = stage.orchestrator(subtasks=(2, 3), synthesis="merge").quote("task")
    assert (quote.calls, stage.requests) == (5, [])
    low, high = quote.output_tokens
    assert 0 < low < high


async def test_a_quote_counts_only_the_workers_that_may_start():
    """Past max_subtasks nothing is quoted, and the synthesis reads the workers' answers and no plan."""
    stage = Stage([])
    few = stage.orchestrator(subtasks=2, synthesis="merge").quote("task")
    cut = stage.orchestrator(subtasks=5, max_subtasks=2, synthesis="merge").quote("task")
    assert (cut.calls, cut.output_tokens) == (few.calls, few.output_tokens) == (4, cut.output_tokens)
    # The prompt says 5 in place of 2, nothing more.
    assert abs(cut.input_tokens - few.input_tokens) <= 1


async def test_events_name_the_models_and_labels():
    """The first event says which models are going to work."""
    stage = Stage([plan("a")])
    stage.model.label = "a toy"
    events, _ = await stage.run(synthesis="merge")
    (started,) = of_kind(events, "run_started")
    assert (started.model, started.worker_model, started.synthesis_model) == ("stage", "stage", "stage")
    assert started.labels == ("a toy",)
