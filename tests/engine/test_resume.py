"""A run that stopped at any moment is continued from its journal without repeating what was finished."""

from collections import Counter
from dataclasses import replace

import anyio
import pytest

from stretto.core.models import ModelRequest, OnText
from stretto.core.task import Task
from stretto.engine import Job, LimiterRegistry, RoleModels, RunSettings, open_run
from stretto.journal import MemoryJournal
from tests.engine.stage import RECIPE, Stage, asked_type, cut, of_kind, plan, subtask

pytestmark = pytest.mark.anyio

SETTINGS = RunSettings(subtasks=(1, 5), max_subtasks=5, synthesis="merge", backoff=0.0)


def job(stage: Stage, **options) -> Job:
    """Return a job on a stage."""
    role_models = RoleModels(orchestrator=stage.model, worker=stage.model, synthesis=stage.model)
    return Job(
        run_id="r", task=Task.of("t"), recipe=RECIPE, role_models=role_models, settings=SETTINGS, deltas=True, **options
    )


async def play(stage: Stage, journal: MemoryJournal, *, stop_after: int | None = None):
    """Run until the end, or until `stop_after` events were seen; return the events."""
    events = []
    async with open_run(job(stage), journal, LimiterRegistry(10)) as stream:
        async for event in stream:
            events.append(event)
            if len(events) == stop_after:
                break
    return events


async def orchestrate(request: ModelRequest, say: OnText) -> str:
    """Plan in small pieces; a continuation adds what is not assigned yet."""
    if request.turns:
        known = request.turns[0].reply
        missing = [name for name in "abc" if f"write {name}" not in known]
        text = f"<tasks>{''.join(map(subtask, missing))}</tasks>"
    else:
        text = plan(*"abc")
    for start in range(0, len(text), 20):
        say(text[start : start + 20])
        await anyio.lowlevel.checkpoint()
    return text


async def test_a_run_stopped_at_any_event_is_continued_without_repeating_a_finished_call():
    """Stop after every single event, resume: same result, no outcome lost, no finished answer asked for again."""
    whole = await play(Stage(orchestrate), MemoryJournal())
    assert whole[-1].result.status == "complete"
    for stop_after in range(1, len(whole) + 1):
        journal, stage = MemoryJournal(), Stage(orchestrate)
        seen = await play(stage, journal, stop_after=stop_after)
        saved = await journal.load("r")
        finished = {
            (start.role, start.subtask_id) for id_, start in saved.starts.items() if saved.ends[id_].error is None
        }
        before = len(stage.requests)
        resumed = await play(stage, journal)
        result = resumed[-1].result
        assert result.status == "complete", stop_after
        assert [(r.type, r.text) for r in result.results] == [(name, f"copy by {name}") for name in "abc"]
        assert result.synthesis.text == "all in one"
        again = Counter(asked_type(request) for request in stage.requests[before:] if request.role == "worker")
        shown = {event.result.subtask.id for event in seen if event.kind == "worker_completed"}
        assert not [name for name, id_ in zip("abc", ("s1", "s2", "s3"), strict=True) if again[name] and id_ in shown]
        recorded = {key.subtask_id for key in saved.outcomes if key.role == "worker"}
        assert shown <= recorded
        if ("synthesis", "") in finished and any(key.role == "synthesis" for key in saved.outcomes):
            assert not [request for request in stage.requests[before:] if request.role == "synthesis"]
        assert len({r.subtask.id for r in result.results}) == 3


async def test_a_late_reader_gets_the_calls_that_a_stop_left():
    """Whoever leaves a run hears no more of it; the journal tells how its calls ended, and a resume goes on after."""
    journal, stage = MemoryJournal(), Stage([plan(*"ab")], hang)
    async with open_run(job(stage), journal, LimiterRegistry(10)) as stream:
        async for event in stream:
            if event.kind == "plan_completed":
                break
        await anyio.wait_all_tasks_blocked()
    kept = await journal.events("r")
    assert [call.error and call.error.kind for call in of_kind(kept, "call_ended")] == [None, *["interrupted"] * 2]
    assert (await journal.load("r")).last_seq == kept[-1].seq
    [*_, resumed] = [e for e in await play(Stage([]), journal) if e.kind == "run_started"]
    assert resumed.seq == kept[-1].seq + 1


async def hang(request: ModelRequest, say: OnText) -> str:
    """Give no answer."""
    await anyio.sleep_forever()
    raise AssertionError


async def test_a_call_in_flight_at_a_stop_counts_as_its_reservation():
    """What was in flight counts as its reservation, and the resumed run's total contains it."""
    entered = anyio.Event()
    hang = True

    async def work(request: ModelRequest, say: OnText) -> str:
        if hang:
            entered.set()
            await anyio.sleep_forever()
        return "copy"

    journal, stage = MemoryJournal(), Stage([plan("a")], work)
    async with open_run(job(stage), journal, LimiterRegistry(10)):
        await entered.wait()
    hang = False
    resumed = await play(stage, journal)
    saved = await journal.load("r")
    (start,) = [s for i, s in saved.starts.items() if saved.ends[i].error == "interrupted"]
    assert resumed[-1].result.usage.output_tokens >= start.reserved.output_tokens
    assert resumed[-1].result.usage.calls == 4
    assert resumed[0].resumed


async def test_a_late_writer_changes_nothing():
    """Two runs of the same job: the outcome that was written first stands in both."""
    journal = MemoryJournal()
    first_in, go = anyio.Event(), anyio.Event()

    async def slow(request: ModelRequest, say: OnText) -> str:
        first_in.set()
        await go.wait()
        return "late"

    async def quick(request: ModelRequest, say: OnText) -> str:
        return "early"

    late = []
    async with anyio.create_task_group() as group:

        async def run_late() -> None:
            late.extend(await play(Stage([plan("a")], slow), journal))

        group.start_soon(run_late)
        await first_in.wait()
        early = await play(Stage([plan("a")], quick), journal)
        go.set()
    assert early[-1].result.results[0].text == late[-1].result.results[0].text == "early"


async def test_a_reviewed_plan_is_not_reviewed_again():
    """A resume runs the plan as it was reviewed."""
    journal, seen = MemoryJournal(), []

    async def edit(shown, quote):
        seen.append(shown)
        return shown.remove("s1")

    stage = Stage([plan("a", "b")])
    for _ in range(2):
        async with open_run(job(stage, review=edit), journal, LimiterRegistry(10)) as stream:
            events = [event async for event in stream]
    assert len(seen) == 1
    assert [r.type for r in events[-1].result.results] == ["b"]


async def test_a_plan_that_stayed_short_is_continued_by_a_resume():
    """A partial plan is not final: a resume asks for the rest once more."""

    async def lost(request: ModelRequest, say: OnText) -> str:
        say(f"<tasks>{subtask('a')}")
        raise cut()

    journal = MemoryJournal()
    stage = Stage([lost, "no idea", f"<tasks>{subtask('b')}</tasks>"])
    assert (await play(stage, journal))[-1].result.status == "partial"
    result = (await play(stage, journal))[-1].result
    assert (result.status, [r.type for r in result.results]) == ("complete", ["a", "b"])


async def test_where_nobody_waits_the_plan_is_not_streamed():
    """Without anybody to watch, no model is asked to stream, and the plan is read all the same."""
    stage = Stage(orchestrate)
    streamed: list[bool] = []
    respond = stage.model.respond

    async def spy(request: ModelRequest, on_text: OnText | None = None):
        streamed.append(on_text is not None)
        return await respond(request, on_text)

    stage.model.respond = spy
    quiet = replace(job(stage), deltas=False, stream_plan=False)
    async with open_run(quiet, MemoryJournal(), LimiterRegistry(10)) as stream:
        events = [event async for event in stream]
    assert (events[-1].result.status, set(streamed)) == ("complete", {False})
