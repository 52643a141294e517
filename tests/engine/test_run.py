"""A run from task to result."""

import anyio
import pytest

from stretto import Recipe
from stretto.core.errors import ModelError, RecipeError
from stretto.core.models import ModelReply, ModelRequest, OnText
from tests.engine.stage import Stage, asked_type, kinds, of_kind, plan, reply, subtask, write

pytestmark = pytest.mark.anyio


async def test_every_result_comes_back_in_the_plans_order():
    """Every result comes back, in the plan's order, with the run complete."""
    events, result = await Stage([plan("a", "b", "c")]).run()
    assert result.status == "complete"
    assert result.analysis == "thoughts"
    assert [(r.type, r.description, r.text) for r in result.results] == [
        (name, f"write {name}", f"copy by {name}") for name in "abc"
    ]
    assert [r.subtask.id for r in result.results] == ["s1", "s2", "s3"]
    assert result.shortfall == ()
    assert result.usage.calls == 4
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert kinds(events)[0] == "run_started"


async def test_workers_start_while_the_plan_is_still_streaming():
    """A worker starts before the plan is whole: here the plan does not end before a worker has been called."""
    called = anyio.Event()

    async def orchestrate(request: ModelRequest, say: OnText) -> str:
        text = plan("a", "b")
        head, tail = text[: text.index("</task>") + 7], text[text.index("</task>") + 7 :]
        say(head)
        await called.wait()
        say(tail)
        return text

    async def work(request: ModelRequest, say: OnText) -> str:
        called.set()
        return await write(request, say)  # type: ignore[return-value]

    events, result = await Stage(orchestrate, work).run()
    assert result.status == "complete"
    assert kinds(events).index("worker_started") < kinds(events).index("plan_completed")


async def test_one_workers_failure_never_touches_its_siblings():
    """One worker fails for good; the others finish, and the run says what is missing."""

    async def work(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "b":
            raise ModelError("That is not allowed.", kind="bad_request", hint="Ask for something else.")
        return f"copy by {asked_type(request)}"

    events, result = await Stage([plan("a", "b", "c")], work).run()
    assert result.status == "partial"
    assert [r.status for r in result.results] == ["completed", "failed", "completed"]
    (missing,) = result.shortfall
    assert (missing.what, missing.subtask_ids, missing.failure.kind) == ("b", ("s2",), "bad_request")
    assert "Ask for something else." in str(missing.failure)
    assert len(of_kind(events, "worker_failed")) == 1


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (reply(""), "empty"),
        (reply("<response>  </response>"), "empty"),
        (reply("<response>\u200b\ufeff</response>"), "empty"),
        (reply("half a sente", "length"), "truncated"),
        (reply("", "refusal"), "refused"),
        (reply("I began but", "refusal"), "refused"),
        (reply("<response>never closed"), "malformed"),
    ],
)
async def test_an_answer_that_cannot_count_is_asked_for_again_with_the_reason(bad: ModelReply, kind: str):
    """An empty, cut, refused or malformed answer is never a result: the model hears why and is asked again."""

    async def work(request: ModelRequest, say: OnText) -> str | ModelReply:
        return "<response>good</response>" if request.turns else bad

    stage = Stage([plan("a")], work)
    events, result = await stage.run()
    assert (result.status, result.results[0].text, result.results[0].attempts) == ("complete", "good", 2)
    (retry,) = of_kind(events, "worker_retrying")
    assert (retry.reason.kind, retry.attempt) == (kind, 2)
    assert retry.reason.message.rstrip(".") in stage.asked("worker")[1].turns[0].reply


@pytest.mark.parametrize("finish", ["length", "refusal"])
async def test_an_answer_that_never_gets_better_is_a_failure(finish: str):
    """After the last attempt a bad answer is a typed failure, and nothing of it is in the text."""

    async def work(request: ModelRequest, say: OnText) -> ModelReply:
        return reply("half", finish)  # type: ignore[arg-type]

    stage = Stage([plan("a")], work)
    _, result = await stage.run(attempts=3)
    assert (result.status, result.results[0].status, result.results[0].text) == ("failed", "failed", "")
    assert len(stage.asked("worker")) == 3
    assert result.results[0].attempts == 3


async def test_the_next_model_is_asked_when_the_first_gives_no_answer():
    """A fallback model answers in place of one that does not, without seeing the other's half."""

    async def refuse(request: ModelRequest, say: OnText) -> ModelReply:
        return reply("", "refusal")

    first, second = Stage([plan("a")], refuse), Stage([])
    second.model.name = "second"
    events, result = await first.run(fallback_models=[second.model], attempts=2)
    assert (result.results[0].text, result.results[0].model, result.results[0].attempts) == ("copy by a", "second", 3)
    assert second.asked("worker")[0].turns == ()
    assert [event.model for event in of_kind(events, "worker_retrying")] == ["stage", "second"]


async def test_a_run_wide_cause_stops_new_calls_and_is_reported_once():
    """A wrong key for the workers' model is met once, stops the calls that wait, and is one entry of the shortfall."""

    async def work(request: ModelRequest, say: OnText) -> str:
        raise ModelError("The key was refused.", kind="authentication")

    worker = Stage([], work)
    worker.model.name = "locked"
    stage = Stage([plan("a", "b", "c", "d")])
    _, result = await stage.run(worker_model=worker.model, concurrency=1)
    assert len(worker.requests) == 1
    assert result.status == "failed"
    assert [(entry.what, entry.failure.kind) for entry in result.shortfall] == [("a, b, c, d", "authentication")]


async def test_no_more_calls_are_in_flight_than_allowed():
    """Concurrency bounds the calls in flight to one model."""
    flying: list[str] = []
    release = anyio.Event()

    async def work(request: ModelRequest, say: OnText) -> str:
        flying.append(asked_type(request))
        await release.wait()
        return "copy"

    worker = Stage([], work)
    worker.model.name = "narrow"
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: Stage([plan(*"abcde")]).run(worker_model=worker.model, concurrency=2))
        await anyio.wait_all_tasks_blocked()
        assert flying == ["a", "b"]
        release.set()
    assert sorted(flying) == list("abcde")


async def test_past_the_limit_a_subtask_is_skipped_and_reported():
    """Past max_subtasks nothing is started, and the run says so."""
    stage = Stage([plan(*"abcde")])
    events, result = await stage.run(max_subtasks=5, subtasks=(1, 2))
    assert result.warnings == ("Asked for 1 to 2 subtasks; the plan has 5.",)
    assert result.status == "complete"
    stage = Stage([plan(*"abcde")])
    events, result = await stage.run(max_subtasks=3)
    assert [r.status for r in result.results] == ["completed"] * 3 + ["skipped"] * 2
    assert len(stage.asked("worker")) == 3
    assert len(of_kind(events, "subtask_skipped")) == 2
    assert (result.status, result.shortfall[0].subtask_ids) == ("partial", ("s4", "s5"))


async def test_a_plan_past_the_hard_ceiling_is_closed_and_fails():
    """A plan without end is closed at the ceiling; its workers are cancelled and no more than the limit were paid."""
    finished = False

    async def endless(request: ModelRequest, say: OnText) -> str:
        nonlocal finished
        say("<tasks>")
        for number in range(5_000):
            say(subtask(f"t{number}"))
            await anyio.lowlevel.checkpoint()
        finished = True
        return "never read"

    async def hang(request: ModelRequest, say: OnText) -> str:
        await anyio.sleep_forever()
        return ""

    stage = Stage(endless, hang)
    events, result = await stage.run(max_subtasks=4, concurrency=20)
    assert (result.status, result.shortfall[0].what, result.shortfall[0].failure.kind) == ("failed", "the plan", "plan")
    assert not finished
    assert len(stage.asked("worker")) <= 4
    assert len(result.superseded) == len(of_kind(events, "subtask_superseded")) == 4


async def test_a_subtask_goes_to_the_model_of_its_tier():
    """The orchestrator marks a subtask fast or strong, and the settings say which model that is."""
    fast, strong = Stage([]), Stage([])
    fast.model.name, strong.model.name = "small", "large"
    text = f"<tasks>{subtask('a', tier='fast')}{subtask('b', tier='strong')}{subtask('c')}</tasks>"
    stage = Stage([text])
    _, result = await stage.run(tiers={"fast": fast.model, "strong": strong.model})
    assert [r.model for r in result.results] == ["small", "large", "stage"]
    assert "tier" in stage.requests[0].prompt


async def test_leaving_the_stream_cancels_the_calls_under_it():
    """Leaving the block early cancels the workers' calls."""
    cancelled: list[str] = []

    async def hang(request: ModelRequest, say: OnText) -> str:
        try:
            await anyio.sleep_forever()
        except BaseException:
            cancelled.append(asked_type(request))
            raise
        return ""

    stage = Stage([plan("a", "b")], hang)
    async with stage.orchestrator().stream("task") as events:
        async for event in events:
            if len(stage.asked("worker")) == 2 and event.kind == "worker_started":
                break
    assert sorted(cancelled) == ["a", "b"]


async def test_an_error_of_the_callers_own_comes_out_as_it_is():
    """What the caller raises inside the block is raised as it is, not in a group."""
    with pytest.raises(KeyError, match="mine"):
        async with Stage([plan("a")]).orchestrator().stream("task"):
            raise KeyError("mine")


async def test_a_reader_that_reads_nothing_delays_no_worker():
    """All workers finish although nobody reads an event."""
    done = anyio.Event()

    async def work(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "c":
            done.set()
        return "copy"

    stage = Stage([plan("a", "b", "c")], work)
    async with stage.orchestrator().stream("task", deltas=True):
        await done.wait()


async def test_a_call_that_takes_too_long_is_given_up():
    """A model that does not answer in time is a failure like any other, even when it ignores its own limit."""

    async def hang(request: ModelRequest, say: OnText) -> str:
        await anyio.sleep_forever()
        return ""

    _, result = await Stage([plan("a")], hang).run(timeout=0.01, attempts=1)
    assert result.results[0].error is not None
    assert result.results[0].error.kind == "timeout"


async def test_answers_are_streamed_only_to_somebody_who_watches():
    """Without deltas no worker is streamed; with them every piece carries its attempt."""
    heard: list[bool] = []

    async def work(request: ModelRequest, say: OnText) -> str:
        say("co")
        say("py")
        return "copy"

    stage = Stage([plan("a")], work)
    respond = stage.model.respond

    async def spy(request: ModelRequest, on_text: OnText | None = None) -> ModelReply:
        if request.role == "worker":
            heard.append(on_text is not None)
        return await respond(request, on_text)

    stage.model.respond = spy  # type: ignore[method-assign]
    events, _ = await stage.run()
    assert [(event.attempt, event.text) for event in of_kind(events, "worker_delta")] == [(1, "co"), (1, "py")]
    stage = Stage([plan("a")], work)
    respond, stage.model.respond = stage.model.respond, spy  # type: ignore[method-assign]
    await stage.orchestrator().run("task")
    assert heard == [True, False]


async def test_a_model_that_breaks_takes_nobody_with_it():
    """An exception out of a user's own model is that worker's failure, with its name."""

    async def work(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "a":
            raise KeyError("lost")
        return "copy"

    _, result = await Stage([plan("a", "b")], work).run()
    assert [r.status for r in result.results] == ["failed", "completed"]
    assert result.results[0].error is not None
    assert "KeyError('lost')" in result.results[0].error.message


async def test_an_unknown_placeholder_is_refused_before_any_call():
    """A recipe whose worker prompt cannot be filled costs no orchestrator call."""
    stage = Stage([plan("a")])
    recipe = Recipe.of(orchestrator="{task}", worker="{audience}")
    with pytest.raises(RecipeError, match="audience"):
        await stage.run(recipe=recipe)
    assert stage.requests == []
