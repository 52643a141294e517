"""What OpenTelemetry is told about a run."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal

import anyio
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from stretto.app.observers import CONTENT_VARIABLE, observing
from stretto.core.errors import ModelError
from stretto.core.events import PlanCompleted, RunCompleted, RunStarted, RunWaiting, WorkerCompleted
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.plan import Plan, Subtask
from stretto.core.result import RunResult, WorkerResult
from stretto.core.usage import UNKNOWN_COST, Cost, Usage
from tests.engine.stage import Play, Stage, asked_type, cut, plan, reply, subtask, write

pytestmark = pytest.mark.anyio

OPERATION, AGENT, ERROR = "gen_ai.operation.name", "gen_ai.agent.name", "error.type"
INPUT, OUTPUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"

WARM = f"<analysis>deep thoughts</analysis><tasks>{subtask('a', 'sell warmth')}{subtask('b')}</tasks>"


class Told:
    """The spans that were exported."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def all(self) -> list[ReadableSpan]:
        """Every span, in the order of their beginning."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def of(self, operation: str, agent: str | None = None) -> list[ReadableSpan]:
        """Return the spans of one operation, and of one agent."""
        wanted = {OPERATION: operation} | ({AGENT: agent} if agent else {})
        return [span for span in self.all if wanted.items() <= dict(span.attributes or {}).items()]

    def under(self, parent: ReadableSpan) -> list[ReadableSpan]:
        """Return a span's children."""
        return [span for span in self.all if span.parent and span.parent.span_id == parent.context.span_id]

    @property
    def run(self) -> ReadableSpan:
        """The run's own span."""
        [run] = self.of("invoke_workflow")
        return run

    @property
    def plan(self) -> ReadableSpan:
        """The plan's span."""
        [plan] = self.of("plan")
        return plan

    def text(self) -> str:
        """Return everything that was told, as text."""
        return "\n".join(span.to_json() for span in self.all)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> TracerProvider:
    """Configure tracing for one test: OpenTelemetry itself allows it once a process."""
    provider = TracerProvider()
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    monkeypatch.delenv(CONTENT_VARIABLE, raising=False)
    return provider


@pytest.fixture
def told(provider: TracerProvider) -> Iterator[Told]:
    """Collect every span."""
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield Told(exporter)
    provider.shutdown()


def said(span: ReadableSpan, *names: str) -> tuple[object, ...]:
    """Return some of a span's attributes, None for one that is not there."""
    return tuple((span.attributes or {}).get(name) for name in names)


def named(stage: Stage, name: str) -> Stage:
    """Return the stage with another name for its model."""
    stage.model.name = name
    return stage


async def hang(request: ModelRequest, say: OnText) -> str:
    """Never answer."""
    await anyio.sleep_forever()
    return ""


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


async def fail_b(request: ModelRequest, say: OnText) -> str:
    """Write all but b, whose call is refused."""
    if asked_type(request) == "b":
        raise ModelError("The secret brief is no good.", kind="bad_request")
    return await write(request, say)


async def test_a_run_is_a_tree_of_steps_and_calls(told: Told):
    """Under the run stand the plan, each worker and the synthesis; under each of them its calls."""
    _, result = await named(Stage([plan("a", "b")]), "anthropic:claude-x").run(synthesis="merge")
    assert told.run.parent is None
    steps = [said(span, OPERATION, AGENT) for span in told.under(told.run)]
    assert steps[0] == ("plan", recipe := told.run.attributes[AGENT])
    assert steps[1:] == [("invoke_agent", "worker"), ("invoke_agent", "worker"), ("invoke_agent", "synthesis")]
    assert [span.name for span in told.under(told.run)] == [
        f"plan {recipe}",
        "invoke_agent worker",
        "invoke_agent worker",
        "invoke_agent synthesis",
    ]
    calls = [call for step in told.under(told.run) for call in told.under(step)]
    assert [(call.name, call.kind) for call in calls] == [("chat claude-x", SpanKind.CLIENT)] * 4
    assert all(
        said(call, OPERATION, "gen_ai.provider.name", "gen_ai.request.model", "stretto.attempt")
        == ("chat", "anthropic", "claude-x", 1)
        for call in calls
    )
    assert {said(span, "stretto.run_id") for span in told.all} == {(result.run_id,)}
    assert {span.status.status_code for span in told.all} == {StatusCode.UNSET}
    assert len(told.all) == 9
    scope = told.run.instrumentation_scope
    assert scope is not None
    assert scope.name == "stretto"


async def test_each_step_says_what_it_used(told: Told):
    """Tokens and cost stand on the run and on each step, the plan's being what nobody else used."""

    async def answer(request: ModelRequest, say: OnText) -> ModelReply:
        return reply("<response>x</response>", tokens=7)

    async def think(request: ModelRequest, say: OnText) -> ModelReply:
        say(plan("a", "b"))
        return reply(plan("a", "b"), tokens=100)

    await Stage(think, answer, answer).run(synthesis="merge")
    assert said(told.run, INPUT, OUTPUT, "stretto.cost.usd") == (121, 121, 0.0)
    assert said(told.plan, INPUT, OUTPUT) == (100, 100)
    assert [said(span, INPUT) for span in told.of("invoke_agent")] == [(7,)] * 3
    assert sorted(said(span, OUTPUT) for span in told.of("chat")) == [(7,), (7,), (7,), (100,)]


async def test_a_worker_says_which_subtask_it_had_and_what_became_of_it(told: Told):
    """A worker's span has its subtask's id and type and its status; an error has its kind."""
    _, result = await Stage([plan("a", "b")], fail_b).run()
    names = ("stretto.subtask.id", "stretto.subtask.type", "stretto.subtask.status", ERROR, "stretto.attempts")
    assert [said(span, *names) for span in told.of("invoke_agent")] == [
        ("s1", "a", "completed", None, 1),
        ("s2", "b", "failed", "bad_request", 1),
    ]
    assert [said(span, ERROR) for span in told.of("chat")] == [(None,), (None,), ("bad_request",)]
    assert told.of("invoke_agent")[1].status.status_code is StatusCode.ERROR
    assert said(told.run, "stretto.status", "stretto.shortfall", ERROR) == ("partial", ("bad_request",), None)
    assert result.status == "partial"


async def test_each_attempt_is_a_span_with_what_was_wrong(told: Told):
    """An attempt whose answer did not count has its error; the usage of several calls stands on their step alone."""
    answers = iter(["", "  ", "<response>fine</response>"])

    async def improve(request: ModelRequest, say: OnText) -> str:
        return next(answers)

    await Stage([plan("a")], improve).run()
    [worker] = told.of("invoke_agent")
    names = ("stretto.attempt", ERROR, INPUT)
    assert [said(call, *names) for call in told.under(worker)] == [
        (1, "empty", None),
        (2, "empty", None),
        (3, None, None),
    ]
    assert said(worker, "stretto.attempts", ERROR) == (3, None)
    assert said(worker, INPUT)[0]


async def test_a_fallback_is_an_attempt_at_another_model(told: Told):
    """The call to a fallback model has that model's name."""
    other = named(Stage([]), "openai-chat:gpt-x")
    await Stage([plan("b")], fail_b).run(fallback_models=[other.model])
    calls = told.under(told.of("invoke_agent")[0])
    names = ("gen_ai.provider.name", "gen_ai.request.model", ERROR)
    assert [said(call, *names) for call in calls] == [
        ("stage", "stage", "bad_request"),
        ("openai", "gpt-x", None),
    ]


async def test_an_attempt_that_was_only_announced_is_no_call(told: Told):
    """When the model that was to be asked next turned out to be closed, no span says that it was asked."""

    async def refuse(request: ModelRequest, say: OnText) -> str:
        raise ModelError("No.", kind="bad_request")

    async def gone(request: ModelRequest, say: OnText) -> str:
        raise ModelError("No such model.", kind="not_found")

    missing, spare = named(Stage([], gone), "missing"), named(Stage([]), "spare")
    stage = Stage([plan("a", "b")], refuse)
    await stage.run(fallback_models=[missing.model, spare.model], concurrency=1)
    attempts = [
        [said(call, "stretto.attempt", "gen_ai.request.model") for call in told.under(worker)]
        for worker in told.of("invoke_agent")
    ]
    assert sorted(attempts) == [
        [(1, "stage"), (2, "missing"), (3, "spare")],
        [(1, "stage"), (2, "spare")],
    ]


async def test_a_synthesis_that_is_asked_for_again_is_two_calls(told: Told):
    """Why the first answer did not count is not told, so its error is the conventions' own for such a case."""
    answers = iter(["", "<response>one</response>"])

    async def synthesise(request: ModelRequest, say: OnText) -> str:
        return next(answers)

    await Stage([plan("a")], write, synthesise).run(synthesis="merge")
    [synthesis] = told.of("invoke_agent", "synthesis")
    calls = told.under(synthesis)
    assert [said(call, "stretto.attempt", ERROR) for call in calls] == [(1, "_OTHER"), (2, None)]
    assert calls[0].status.status_code is StatusCode.ERROR


async def test_a_cut_plan_and_its_continuation_are_two_calls(told: Told):
    """The plan's span has each call for it; which model was asked again is not told, so it is not guessed."""

    async def break_off(request: ModelRequest, say: OnText) -> str:
        say(f"<tasks>{subtask('a')}")
        raise cut()

    await Stage([break_off, f"<tasks>{subtask('b')}</tasks>"]).run()
    names = ("stretto.attempt", ERROR, "gen_ai.request.model")
    assert [said(call, *names) for call in told.under(told.plan)] == [(1, "cut", "stage"), (2, None, None)]
    assert said(told.plan, "stretto.plan.subtasks", "stretto.attempts", ERROR) == (2, 2, None)


async def test_a_plan_that_stays_short_is_an_error_of_the_plan(told: Told):
    """When the continuation is lost too, the plan's span says so and the run's is no error."""

    async def break_off(request: ModelRequest, say: OnText) -> str:
        say(f"<tasks>{subtask(f'a{len(request.turns)}')}")
        raise cut()

    await Stage([break_off, break_off]).run()
    assert [said(span, ERROR) for span in (told.plan, *told.under(told.plan))] == [("cut",)] * 3
    assert said(told.run, "stretto.status", ERROR) == ("partial", None)


async def test_a_run_without_a_plan_is_an_error(told: Told):
    """A plan that cannot be had is the error of the plan and of the run; its words are not told."""

    async def refuse(request: ModelRequest, say: OnText) -> str:
        raise ModelError("The secret brief is no good.", kind="bad_request")

    await Stage([refuse]).run(synthesis="merge")
    assert [said(span, ERROR) for span in (told.run, told.plan)] == [("bad_request",)] * 2
    assert told.run.status.status_code is StatusCode.ERROR
    assert said(told.run, "stretto.status") == ("failed",)
    assert [(event.name, dict(event.attributes or {})) for event in told.run.events] == [
        ("stretto.synthesis_failed", {"error.type": "empty"})
    ]
    assert "secret" not in told.text()


async def test_a_plan_made_elsewhere_is_no_call(told: Told):
    """A plan that was given has a span, and no call under it."""
    given = Plan(subtasks=(Subtask(type="a", description="d"),))
    result = await Stage([]).orchestrator().run("task", plan=given)
    assert result.status == "complete"
    assert told.under(told.plan) == []
    assert said(told.plan, "stretto.attempts") == (0,)


async def test_a_declined_plan_is_no_error_of_the_plan(told: Told):
    """Looking at a plan and running nothing of it leaves the plan's span in order, and says that it was looked at."""
    await Stage([plan("a")]).orchestrator().plan("task")
    assert said(told.plan, ERROR) == (None,)
    assert said(told.run, ERROR) == ("declined",)
    assert [event.name for event in told.run.events] == ["stretto.review_requested"]


async def test_leaving_the_stream_ends_every_span(told: Told):
    """When the stream is left in the middle, what was under way ends as interrupted."""
    async with Stage([plan("a", "b")], hang).orchestrator().stream("task") as events:
        async for event in events:
            if event.kind == "plan_completed":
                await anyio.wait_all_tasks_blocked()
                break
    assert [said(span, ERROR) for span in told.of("invoke_agent")] == [("interrupted",)] * 2
    assert [said(span, ERROR) for span in told.of("chat")] == [(None,), ("interrupted",), ("interrupted",)]
    assert said(told.run, "stretto.status", ERROR) == ("interrupted", "interrupted")
    assert said(told.plan, ERROR, "stretto.attempts") == (None, 1)


async def test_a_plan_and_a_synthesis_under_way_end_with_the_stream(told: Told):
    """A plan that is being written, or a synthesis, ends as interrupted when the run is cancelled."""
    for stage, last in ((Stage(hang), "run_started"), (Stage([plan("a")], write, hang), "synthesis_started")):
        with anyio.CancelScope() as scope:
            async with stage.orchestrator(synthesis="merge").stream("task") as events:
                async for event in events:
                    if event.kind == last:
                        await anyio.wait_all_tasks_blocked()
                        scope.cancel()
                        await anyio.lowlevel.checkpoint()
    planning, _ = told.of("plan")
    [synthesis] = told.of("invoke_agent", "synthesis")
    for step in (planning, synthesis):
        assert [said(span, ERROR) for span in (step, *told.under(step))] == [("interrupted",)] * 2


async def test_a_worker_that_waits_to_be_asked_again_has_no_call_under_way(told: Told):
    """Leaving while a worker pauses between two attempts shows the one attempt that was made."""

    async def busy(request: ModelRequest, say: OnText) -> str:
        raise ModelError("Busy.", kind="rate_limit", retry_after=60.0)

    async with Stage([plan("a")], busy).orchestrator().stream("task") as events:
        async for event in events:
            if event.kind == "worker_retrying":
                break
    [worker] = told.of("invoke_agent")
    assert [said(call, "stretto.attempt", ERROR) for call in told.under(worker)] == [(1, "rate_limit")]
    assert said(worker, ERROR) == ("interrupted",)
    waiting = next(event for event in told.run.events if event.name == "stretto.run_waiting")
    assert dict(waiting.attributes or {}) == {"cause": "gate", "model": "stage", "seconds": 60.0}


async def test_the_callers_span_holds_the_run(provider: TracerProvider, told: Told):
    """A run that is started under a span, such as a web request's, is part of its trace."""
    with trace.get_tracer("web").start_as_current_span("POST /copy") as request:
        await Stage([plan("a")]).run()
    assert told.run.parent is not None
    assert told.run.parent.span_id == request.get_span_context().span_id
    assert {span.context.trace_id for span in told.all} == {request.get_span_context().trace_id}


def test_the_callers_span_holds_a_run_from_a_script(told: Told):
    """`run_sync` keeps the caller's span, too."""
    with trace.get_tracer("script").start_as_current_span("nightly") as nightly:
        Stage([plan("a")]).orchestrator().run_sync("task")
    assert told.run.parent is not None
    assert told.run.parent.span_id == nightly.get_span_context().span_id


async def test_times_are_the_events_own(told: Told):
    """A span begins and ends when its events say, counted from the moment the run began."""
    before = time.time_ns()
    events, _ = await Stage([plan("a")]).run()
    at = {event.kind: event.at for event in events}
    begin = (told.run.start_time or 0) - int(at["run_started"] * 1e9)
    [worker] = told.of("invoke_agent")
    assert worker.start_time == begin + int(at["worker_started"] * 1e9)
    assert worker.end_time == begin + int(at["worker_completed"] * 1e9)
    assert told.plan.end_time == begin + int(at["plan_completed"] * 1e9)
    assert told.run.end_time == begin + int(at["run_completed"] * 1e9)
    assert before - 1_000_000_000 < begin <= time.time_ns()


async def test_content_is_not_told(told: Told):
    """Unless it is asked for, neither the task nor a description nor an answer nor an error's words are in a trace."""
    stage = Stage(
        [f"<analysis>deep thoughts</analysis><tasks>{subtask('a', 'sell warmth')}{subtask('b')}</tasks>"], fail_b
    )
    await stage.orchestrator(synthesis="merge").run("a teal bottle", context={"audience": "hikers"})
    text = told.text()
    for word in ("teal", "hikers", "thoughts", "warmth", "copy by a", "all in one", "secret"):
        assert word not in text
    assert len(told.all) > 5


async def test_content_is_told_on_request(told: Told, monkeypatch: pytest.MonkeyPatch):
    """With STRETTO_TRACE_CONTENT=1 the conventions' messages and the errors' words are there."""
    monkeypatch.setenv(CONTENT_VARIABLE, "1")
    stage = Stage(
        [f"<analysis>deep thoughts</analysis><tasks>{subtask('a', 'sell warmth')}{subtask('b')}</tasks>"], fail_b
    )
    await stage.orchestrator(synthesis="merge").run("a teal bottle", context={"audience": "hikers"})
    asked = json.loads(str(told.run.attributes["gen_ai.input.messages"]))
    assert asked == [{"role": "user", "parts": [{"type": "text", "content": "a teal bottle"}]}]
    assert json.loads(str(told.run.attributes["stretto.context"])) == {"audience": "hikers"}
    first, second, synthesis = told.of("invoke_agent")
    assert "sell warmth" in str(first.attributes["gen_ai.input.messages"])
    assert json.loads(str(first.attributes["gen_ai.output.messages"])) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "copy by a"}], "finish_reason": "stop"}
    ]
    assert "all in one" in str(synthesis.attributes["gen_ai.output.messages"])
    assert "deep thoughts" in str(told.plan.attributes["gen_ai.output.messages"])
    assert second.status.description == "The secret brief is no good."


async def test_subtasks_that_never_started_are_noted_on_the_run(told: Told):
    """A subtask past the limit has no span of its own and is still in the trace."""
    await Stage([plan("a", "b")]).run(max_subtasks=1)
    [skipped] = told.run.events
    assert (skipped.name, dict(skipped.attributes or {})) == (
        "stretto.subtask_skipped",
        {"subtask.id": "s2", "error.type": "limit"},
    )


async def test_superseded_work_is_cut_and_no_error(told: Told):
    """A worker that the final plan does not contain ends as superseded; its call was interrupted."""
    started = anyio.Event()

    async def work(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "draft":
            started.set()
            await anyio.sleep_forever()
        return "copy"

    with anyio.fail_after(5):
        await Stage(revising(started), work).run()
    draft, final = told.of("invoke_agent")
    assert said(draft, "stretto.subtask.status", ERROR) == ("superseded", None)
    assert [said(call, ERROR) for call in told.under(draft)] == [("interrupted",)]
    assert said(final, "stretto.subtask.status") == ("completed",)


async def test_work_that_is_superseded_when_it_is_done_is_noted_on_the_run(told: Told):
    """A worker that had finished keeps its span; that its result was dropped is noted on the run."""
    finished = anyio.Event()

    async def work(request: ModelRequest, say: OnText) -> str:
        finished.set()
        return "copy"

    with anyio.fail_after(5):
        await Stage(revising(finished), work).run()
    assert [said(span, "stretto.subtask.status") for span in told.of("invoke_agent")] == [("completed",)] * 2
    assert [event.name for event in told.run.events] == ["stretto.subtask_superseded"]


async def test_a_model_that_cannot_be_priced_has_no_cost(told: Told):
    """What a run cost is left out where a part of it is not known, never said as zero."""

    async def answer(request: ModelRequest, say: OnText) -> ModelReply:
        usage = Usage(input_tokens=1, output_tokens=1, calls=1)
        return ModelReply(text="<response>x</response>", finish="stop", usage=usage, cost=UNKNOWN_COST, model="m")

    async def think(request: ModelRequest, say: OnText) -> ModelReply:
        cost = Cost(usd=Decimal("0.25"))
        return ModelReply(text=plan("a"), finish="stop", usage=Usage(calls=1), cost=cost, model="m")

    await Stage(think, answer).run()
    assert "stretto.cost.usd" not in told.run.attributes
    assert "stretto.cost.usd" not in told.of("invoke_agent")[0].attributes
    await Stage(think, write).run()
    assert said(told.of("invoke_workflow")[1], "stretto.cost.usd") == (0.25,)
    assert said(told.of("plan")[1], "stretto.cost.usd") == (0.25,)


def test_a_resumed_run_shows_only_what_happens_now(told: Told):
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
    assert said(told.run, "stretto.resumed", INPUT) == (True, 9)
    assert told.of("invoke_agent") == told.of("chat") == []
    assert said(told.plan, INPUT, "stretto.attempts") == (None, 0)
    assert [event.name for event in told.run.events] == ["stretto.worker_completed"]


def test_events_before_the_run_are_nothing(told: Told):
    """Watching begins with the run; closing what never began ends nothing."""
    with observing() as observers:
        for observe in observers:
            observe(RunWaiting(cause="gate", model="m", message="wait"))
    assert told.all == []


class Broken(SpanProcessor):
    """Fails as somebody else's code may."""

    def on_start(self, *_: object) -> None:
        """Raise."""
        raise RuntimeError("no room")


async def test_tracing_that_fails_does_not_touch_the_run(provider: TracerProvider, caplog: pytest.LogCaptureFixture):
    """A processor that raises is said once in the log, and the run goes on without it."""
    provider.add_span_processor(Broken())
    _, result = await Stage([plan("a")]).run()
    assert result.status == "complete"
    [record] = [record for record in caplog.records if "left out" in record.getMessage()]
    assert record.levelname == "WARNING"


async def test_a_provider_that_fails_at_the_end_does_not_touch_the_run(provider: TracerProvider):
    """An exporter that raises when the spans of a run that was left are ended leaves the caller alone."""

    class Full(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            raise RuntimeError("no room")

    provider.add_span_processor(Full())
    async with Stage(hang).orchestrator().stream("task") as events:
        async for _ in events:
            break


@pytest.mark.parametrize("configured", [None, trace.NoOpTracerProvider()])
def test_without_a_collector_there_is_no_tracing(configured: object, monkeypatch: pytest.MonkeyPatch):
    """Where nothing collects spans, only the log watches."""
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", configured)
    with observing() as observers:
        assert len(observers) == 1


def test_without_a_collector_nothing_is_loaded():
    """A run that nobody traces does not even load OpenTelemetry."""
    program = (
        "import sys; from stretto import Orchestrator; "
        "Orchestrator(model='demo').run_sync('sell a bottle'); "
        "assert 'opentelemetry.trace' not in sys.modules, 'loaded'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
