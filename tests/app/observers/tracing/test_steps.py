"""What OpenTelemetry is collected about a run and its steps."""

from decimal import Decimal

import anyio
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from stretto.app.observers.observing import observing
from stretto.core.errors import ModelError
from stretto.core.events import PlanCompleted, RunCompleted, RunStarted, WorkerCompleted
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.plan import Plan, Subtask
from stretto.core.result import RunResult, WorkerResult
from stretto.core.usage import UNKNOWN_COST, Cost, Usage
from tests.app.observers.tracing.spans import (
    AGENT,
    ERROR,
    INPUT,
    OPERATION,
    OUTPUT,
    CollectedSpans,
    fail_b,
    named,
    said,
)
from tests.engine.stage import Play, Stage, asked_type, cut, plan, reply, subtask, write

pytestmark = pytest.mark.anyio


async def test_a_run_is_a_tree_of_steps_and_calls(collected: CollectedSpans):
    """Under the run stand the plan, each worker and the synthesis; under each of them its calls."""
    _, result = await named(Stage([plan("a", "b")]), "anthropic:claude-x").run(synthesis="merge")
    assert collected.run.parent is None
    steps = [said(span, OPERATION, AGENT) for span in collected.under(collected.run)]
    assert steps[0] == ("plan", recipe := collected.run.attributes[AGENT])
    assert steps[1:] == [("invoke_agent", "worker"), ("invoke_agent", "worker"), ("invoke_agent", "synthesis")]
    assert [span.name for span in collected.under(collected.run)] == [
        f"plan {recipe}",
        "invoke_agent worker",
        "invoke_agent worker",
        "invoke_agent synthesis",
    ]
    calls = [call for step in collected.under(collected.run) for call in collected.under(step)]
    assert [(call.name, call.kind) for call in calls] == [("chat claude-x", SpanKind.CLIENT)] * 4
    assert all(
        said(call, OPERATION, "gen_ai.provider.name", "gen_ai.request.model", "stretto.attempt")
        == ("chat", "anthropic", "claude-x", 1)
        for call in calls
    )
    assert {said(span, "stretto.run_id") for span in collected.all} == {(result.run_id,)}
    assert {span.status.status_code for span in collected.all} == {StatusCode.UNSET}
    assert len(collected.all) == 9
    scope = collected.run.instrumentation_scope
    assert scope is not None
    assert scope.name == "stretto"


async def test_each_step_says_what_it_used(collected: CollectedSpans):
    """Tokens and cost stand on the run and on each step, the plan's being what nobody else used."""

    async def answer(request: ModelRequest, say: OnText) -> ModelReply:
        return reply("<response>x</response>", tokens=7)

    async def think(request: ModelRequest, say: OnText) -> ModelReply:
        say(plan("a", "b"))
        return reply(plan("a", "b"), tokens=100)

    await Stage(think, answer, answer).run(synthesis="merge")
    assert said(collected.run, INPUT, OUTPUT, "stretto.cost.usd") == (121, 121, 0.0)
    assert said(collected.plan, INPUT, OUTPUT) == (100, 100)
    assert [said(span, INPUT) for span in collected.of("invoke_agent")] == [(7,)] * 3
    assert sorted(said(span, OUTPUT) for span in collected.of("chat")) == [(7,), (7,), (7,), (100,)]


async def test_a_worker_says_which_subtask_it_had_and_what_became_of_it(collected: CollectedSpans):
    """A worker's span has its subtask's id and type and its status; an error has its kind."""
    _, result = await Stage([plan("a", "b")], fail_b).run()
    names = ("stretto.subtask.id", "stretto.subtask.type", "stretto.subtask.status", ERROR, "stretto.attempts")
    assert [said(span, *names) for span in collected.of("invoke_agent")] == [
        ("s1", "a", "completed", None, 1),
        ("s2", "b", "failed", "bad_request", 1),
    ]
    assert [said(span, ERROR) for span in collected.of("chat")] == [(None,), (None,), ("bad_request",)]
    assert collected.of("invoke_agent")[1].status.status_code is StatusCode.ERROR
    assert said(collected.run, "stretto.status", "stretto.shortfall", ERROR) == ("partial", ("bad_request",), None)
    assert result.status == "partial"


async def test_a_plan_that_stays_short_is_an_error_of_the_plan(collected: CollectedSpans):
    """When the continuation is lost too, the plan's span says so and the run's is no error."""

    async def break_off(request: ModelRequest, say: OnText) -> str:
        say(f"<tasks>{subtask(f'a{len(request.turns)}')}")
        raise cut()

    await Stage([break_off, break_off]).run()
    assert [said(span, ERROR) for span in (collected.plan, *collected.under(collected.plan))] == [("cut",)] * 3
    assert said(collected.run, "stretto.status", ERROR) == ("partial", None)


async def test_a_run_without_a_plan_is_an_error(collected: CollectedSpans):
    """A plan that cannot be had is the error of the plan and of the run; its words are not collected."""

    async def refuse(request: ModelRequest, say: OnText) -> str:
        raise ModelError("The secret brief is no good.", kind="bad_request")

    await Stage([refuse]).run(synthesis="merge")
    assert [said(span, ERROR) for span in (collected.run, collected.plan)] == [("bad_request",)] * 2
    assert collected.run.status.status_code is StatusCode.ERROR
    assert said(collected.run, "stretto.status") == ("failed",)
    assert [(event.name, dict(event.attributes or {})) for event in collected.run.events] == [
        ("stretto.synthesis_failed", {"error.type": "empty"})
    ]
    assert "secret" not in collected.text()


async def test_a_plan_made_elsewhere_is_no_call(collected: CollectedSpans):
    """A plan that was given has a span, and no call under it."""
    given = Plan(subtasks=(Subtask(type="a", description="d"),))
    result = await Stage([]).orchestrator().run("task", plan=given)
    assert result.status == "complete"
    assert collected.under(collected.plan) == []
    assert said(collected.plan, "stretto.attempts") == (0,)


async def test_a_plan_without_a_run_is_no_error_of_the_plan(collected: CollectedSpans):
    """Looking at a plan and running nothing of it leaves the plan's span in order, and says that it was looked at."""
    await Stage([plan("a")]).orchestrator().plan("task")
    assert said(collected.plan, ERROR) == (None,)
    assert said(collected.run, ERROR) == ("planned",)
    assert [event.name for event in collected.run.events] == ["stretto.review_requested"]


async def test_subtasks_that_never_started_are_noted_on_the_run(collected: CollectedSpans):
    """A subtask past the limit has no span of its own and is still in the trace."""
    await Stage([plan("a", "b")]).run(max_subtasks=1)
    [skipped] = collected.run.events
    assert (skipped.name, dict(skipped.attributes or {})) == (
        "stretto.subtask_skipped",
        {"subtask.id": "s2", "error.type": "limit"},
    )


def revising(ready: anyio.Event) -> Play:
    """Return an orchestrator that drafts one subtask and, when that is ready, plans another in its place."""

    async def revise(request: ModelRequest, say: OnText) -> str:
        text = f"<tasks>{subtask('draft')}</tasks> Better: <tasks>{subtask('final')}</tasks>"
        say(text[:-30])
        await ready.wait()
        await anyio.wait_all_tasks_blocked()
        say(text[-30:])
        return text

    return revise


async def test_superseded_work_is_cut_and_no_error(collected: CollectedSpans):
    """A worker that the final plan does not contain ends as superseded; its call was interrupted."""
    started = anyio.Event()

    async def work(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "draft":
            started.set()
            await anyio.sleep_forever()
        return "copy"

    await Stage(revising(started), work).run()
    draft, final = collected.of("invoke_agent")
    assert said(draft, "stretto.subtask.status", ERROR) == ("superseded", None)
    assert [said(call, ERROR) for call in collected.under(draft)] == [("interrupted",)]
    assert said(final, "stretto.subtask.status") == ("completed",)


async def test_work_that_is_superseded_when_it_is_done_is_noted_on_the_run(collected: CollectedSpans):
    """A worker that had finished keeps its span; that its result was dropped is noted on the run."""
    finished = anyio.Event()

    async def work(request: ModelRequest, say: OnText) -> str:
        finished.set()
        return "copy"

    await Stage(revising(finished), work).run()
    assert [said(span, "stretto.subtask.status") for span in collected.of("invoke_agent")] == [("completed",)] * 2
    assert [event.name for event in collected.run.events] == ["stretto.subtask_superseded"]


async def test_a_model_that_cannot_be_priced_has_no_cost(collected: CollectedSpans):
    """What a run cost is left out where a part of it is not known, never said as zero."""

    async def answer(request: ModelRequest, say: OnText) -> ModelReply:
        usage = Usage(input_tokens=1, output_tokens=1, calls=1)
        return ModelReply(text="<response>x</response>", finish="stop", usage=usage, cost=UNKNOWN_COST, model="m")

    async def think(request: ModelRequest, say: OnText) -> ModelReply:
        cost = Cost(usd=Decimal("0.25"))
        return ModelReply(text=plan("a"), finish="stop", usage=Usage(calls=1), cost=cost, model="m")

    await Stage(think, answer).run()
    assert "stretto.cost.usd" not in collected.run.attributes
    assert "stretto.cost.usd" not in collected.of("invoke_agent")[0].attributes
    await Stage(think, write).run()
    assert said(collected.of("invoke_workflow")[1], "stretto.cost.usd") == (0.25,)
    assert said(collected.of("plan")[1], "stretto.cost.usd") == (0.25,)


def test_a_resumed_run_shows_only_what_happens_now(collected: CollectedSpans):
    """What was finished before a resume is noted, without a span and without a share in the plan's usage."""
    done = WorkerResult(subtask=Subtask(id="s1", type="a", description="d"), status="completed", text="x", attempts=1)
    whole = RunResult(run_id="r", status="complete", analysis="", results=(done,), usage=Usage(input_tokens=9, calls=2))
    with observing() as observers:
        for event in (
            RunStarted(
                run_id="r",
                task="t",
                context={},
                recipe="p",
                model="m",
                worker_model="m",
                synthesis_model="",
                resumed=True,
            ),
            PlanCompleted(plan=Plan(subtasks=(done.subtask,))),
            WorkerCompleted(result=done),
            RunCompleted(result=whole),
        ):
            for observe in observers:
                observe(event)
    assert said(collected.run, "stretto.resumed", INPUT) == (True, 9)
    assert collected.of("invoke_agent") == collected.of("chat") == []
    assert said(collected.plan, INPUT, "stretto.attempts") == (None, 0)
    assert [event.name for event in collected.run.events] == ["stretto.worker_completed"]
