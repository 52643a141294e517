"""What OpenTelemetry is collected about each call to a model."""

import pytest
from opentelemetry.trace import StatusCode

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply, ModelRequest, OnText
from tests.app.observers.tracing.spans import ERROR, INPUT, OUTPUT, CollectedSpans, fail_b, named, said
from tests.engine.stage import Stage, cut, plan, reply, subtask, write

pytestmark = pytest.mark.anyio


async def test_each_attempt_is_a_span_with_what_was_wrong(collected: CollectedSpans):
    """An attempt whose answer did not count has its error and what it used; the step has what all of them did."""
    answers = iter([("", 3), ("  ", 4), ("<response>fine</response>", 5)])

    async def improve(request: ModelRequest, say: OnText) -> ModelReply:
        text, tokens = next(answers)
        return reply(text, tokens=tokens)

    await Stage([plan("a")], improve).run()
    [worker] = collected.of("invoke_agent")
    names = ("stretto.attempt", ERROR, INPUT)
    assert [said(call, *names) for call in collected.under(worker)] == [
        (1, "empty", 3),
        (2, "empty", 4),
        (3, None, 5),
    ]
    assert said(worker, "stretto.attempts", ERROR, INPUT) == (3, None, 12)


async def test_what_nobody_reported_is_not_told_of_a_call(collected: CollectedSpans):
    """A call that broke off has no tokens of its own; on its step it counts as the most it could take."""
    answers = iter([cut(), None])

    async def break_off(request: ModelRequest, say: OnText) -> str:
        if error := next(answers):
            raise error
        return "<response>fine</response>"

    _, result = await Stage([plan("a")], break_off).run()
    [worker] = collected.of("invoke_agent")
    first, second = collected.under(worker)
    assert said(first, ERROR, INPUT, OUTPUT) == ("cut", None, None)
    assert said(second, ERROR) == (None,)
    assert said(worker, INPUT, OUTPUT) == (result.results[0].usage.input_tokens, result.results[0].usage.output_tokens)
    assert said(worker, OUTPUT)[0] > said(second, OUTPUT)[0]


async def test_a_call_says_whether_it_was_streamed(collected: CollectedSpans):
    """The plan is streamed so that workers can start early; a worker is only where somebody watches."""
    await Stage([plan("a")]).orchestrator().run("task")
    [planning], [working] = (collected.under(step) for step in collected.under(collected.run))
    assert said(planning, "gen_ai.request.stream") == (True,)
    assert said(working, "gen_ai.request.stream") == (False,)


async def test_a_fallback_is_an_attempt_at_another_model(collected: CollectedSpans):
    """The call to a fallback model has that model's name."""
    other = named(Stage([]), "openai-chat:gpt-x")
    await Stage([plan("b")], fail_b).run(fallback_models=[other.model])
    calls = collected.under(collected.of("invoke_agent")[0])
    names = ("gen_ai.provider.name", "gen_ai.request.model", ERROR)
    assert [said(call, *names) for call in calls] == [
        ("stage", "stage", "bad_request"),
        ("openai", "gpt-x", None),
    ]


async def test_an_attempt_that_was_only_announced_is_no_call(collected: CollectedSpans):
    """When the model that was to be asked next turned out to be closed, no span says that it was asked."""

    async def refuse(request: ModelRequest, say: OnText) -> str:
        raise ModelError("No.", kind="bad_request")

    async def gone(request: ModelRequest, say: OnText) -> str:
        raise ModelError("No such model.", kind="not_found")

    missing, spare = named(Stage([], gone), "missing"), named(Stage([]), "spare")
    stage = Stage([plan("a", "b")], refuse)
    await stage.run(fallback_models=[missing.model, spare.model], concurrency=1)
    attempts = [
        [said(call, "stretto.attempt", "gen_ai.request.model") for call in collected.under(worker)]
        for worker in collected.of("invoke_agent")
    ]
    assert sorted(attempts) == [
        [(1, "stage"), (2, "missing"), (3, "spare")],
        [(1, "stage"), (2, "spare")],
    ]


async def test_a_synthesis_that_is_asked_for_again_is_two_calls(collected: CollectedSpans):
    """Each call has its own span under the synthesis, the first with what was wrong with it."""
    answers = iter(["", "<response>one</response>"])

    async def synthesise(request: ModelRequest, say: OnText) -> str:
        return next(answers)

    await Stage([plan("a")], write, synthesise).run(synthesis="merge")
    [synthesis] = collected.of("invoke_agent", "synthesis")
    calls = collected.under(synthesis)
    assert [said(call, "stretto.attempt", ERROR) for call in calls] == [(1, "empty"), (2, None)]
    assert calls[0].status.status_code is StatusCode.ERROR


async def test_a_cut_plan_and_its_continuation_are_two_calls(collected: CollectedSpans):
    """The plan's span has each call for it, with the model that was asked."""

    async def break_off(request: ModelRequest, say: OnText) -> str:
        say(f"<tasks>{subtask('a')}")
        raise cut()

    await Stage([break_off, f"<tasks>{subtask('b')}</tasks>"]).run()
    names = ("stretto.attempt", ERROR, "gen_ai.request.model")
    assert [said(call, *names) for call in collected.under(collected.plan)] == [(1, "cut", "stage"), (2, None, "stage")]
    assert said(collected.plan, "stretto.plan.subtasks", "stretto.attempts", ERROR) == (2, 2, None)
