"""With the analysis last, workers start before it is written."""

import json
from dataclasses import replace

import anyio
import pytest

from stretto.core.models import ModelReply, ModelRequest, OnText
from tests.engine.stage import RECIPE, Stage, asked_type, cut, of_kind, reply, subtask

pytestmark = pytest.mark.anyio

TASKS = f"<tasks>\n{subtask('a')}{subtask('b')}</tasks>\n"
ANALYSIS = "<analysis>\nBoth are needed.\n</analysis>"
AS_JSON = [{"type": name, "description": f"write {name}"} for name in "ab"]


@pytest.mark.parametrize("plan_format", ["xml", "json"])
async def test_the_first_worker_starts_before_the_analysis_arrives(plan_format: str):
    """The orchestrator does not write its analysis until both workers are at work, and the result has it."""
    started: set[str] = set()
    both = anyio.Event()

    async def orchestrate(request: ModelRequest, say: OnText) -> str:
        if plan_format == "json":
            assert request.schema is not None
            assert request.schema["required"] == ["tasks", "analysis"]
            parts = f'{{"tasks": {json.dumps(AS_JSON)}', ', "analysis": "Both are needed."}'
        else:
            parts = TASKS, ANALYSIS
        say(parts[0])
        await both.wait()
        say(parts[1])
        return "".join(parts)

    async def work(request: ModelRequest, say: OnText) -> str:
        started.add(asked_type(request))
        if len(started) == 2:
            both.set()
        return "copy"

    recipe = replace(RECIPE, analysis="last", plan_format=plan_format)
    with anyio.fail_after(30):
        events, result = await Stage(orchestrate, work).run(recipe=recipe)
    assert (result.status, result.analysis, len(result.results)) == ("complete", "Both are needed.", 2)
    kinds = [event.kind for event in events if event.kind in ("worker_started", "analysis_delta")]
    assert kinds.index("analysis_delta") > kinds.index("worker_started")


async def test_the_orchestrator_is_asked_for_it_in_this_order():
    """In the first request, in a repair and in a continuation, the subtasks' markup comes before the analysis's."""

    async def broken(request: ModelRequest, say: OnText) -> str:
        return "no plan"

    stage = Stage([broken, f"{TASKS}{ANALYSIS}"])
    _, result = await stage.run(recipe=replace(RECIPE, analysis="last"))
    assert result.status == "complete"
    first, repair = stage.asked("orchestrator")
    for text in (first.prompt, repair.turns[0].reply):
        assert 0 < text.index("</tasks>") < text.index("<analysis>")


async def cut_in_the_analysis(request: ModelRequest, say: OnText) -> str:
    """Lose the connection behind the subtasks."""
    say(f"{TASKS}<analysis>Both are needed, sin")
    raise cut()


async def limit_in_the_analysis(request: ModelRequest, say: OnText) -> ModelReply:
    """Reach the token limit behind the subtasks."""
    text = f"{TASKS}<analysis>Both are needed, sin"
    say(text)
    return reply(text, "length")


@pytest.mark.parametrize("broken", [cut_in_the_analysis, limit_in_the_analysis])
async def test_a_plan_cut_in_its_analysis_is_whole_once_the_orchestrator_has_said_so(broken: object):
    """The sealed subtasks keep their work; one request asks for what is missing, and nothing is a valid answer."""
    stage = Stage([broken, "<tasks>\n</tasks>"])  # type: ignore[list-item]
    events, result = await stage.run(recipe=replace(RECIPE, analysis="last"))
    assert (result.status, [one.type for one in result.results]) == ("complete", ["a", "b"])
    assert result.analysis.startswith("Both are needed,")
    assert [event.how for event in of_kind(events, "plan_retrying")] == ["continue"]
    assert len(stage.asked("worker")) == 2
