"""A run over a journal in a database: stopped anywhere, continued by another process's journal."""

from collections import Counter

import pytest

from stretto.core.task import Task
from stretto.engine import Job, LimiterRegistry, RoleModels, RunSettings, open_run
from stretto.journal import open_journal
from tests.engine.stage import RECIPE, Stage, asked_type, plan

pytestmark = pytest.mark.anyio

SETTINGS = RunSettings(subtasks=(1, 5), max_subtasks=5, synthesis="merge", backoff=0.0)


async def play(stage: Stage, place: str, run_id: str, *, stop_after: int | None = None) -> list:
    """Run until the end, or until `stop_after` events were seen, with a journal of its own; return the events."""
    role_models = RoleModels(orchestrator=stage.model, worker=stage.model, synthesis=stage.model)
    job = Job(run_id=run_id, task=Task.of("t"), recipe=RECIPE, role_models=role_models, settings=SETTINGS)
    events = []
    async with open_journal(place) as journal, open_run(job, journal, LimiterRegistry(10)) as stream:
        async for event in stream:
            events.append(event)
            if len(events) == stop_after:
                break
    return events


async def test_a_run_stopped_at_any_event_is_continued_by_another_journal(place):
    """Stop after every single event and resume: the same result, and no result that was seen is asked for again."""
    whole = await play(Stage([plan(*"ab")]), place, "whole")
    for stop_after in range(1, len(whole)):
        stage = Stage([plan(*"ab")] * 2)
        seen = await play(stage, place, f"r{stop_after}", stop_after=stop_after)
        before = len(stage.requests)
        result = (await play(stage, place, f"r{stop_after}"))[-1].result
        assert result.status == "complete", stop_after
        assert [kept.text for kept in result.results] == ["copy by a", "copy by b"]
        again = Counter(asked_type(request) for request in stage.requests[before:] if request.role == "worker")
        assert not [event for event in seen if event.kind == "worker_completed" and again[event.result.type]]


async def test_a_late_reader_replays_what_a_run_logged(place):
    """The events of a finished run, read from the journal, are those that were streamed, but deltas."""
    events = await play(Stage([plan(*"ab")]), place, "r")
    async with open_journal(place) as journal:
        assert await journal.events("r") == tuple(event for event in events if event.kind != "analysis_delta")
        (run,) = await journal.list_runs()
    assert (run.state, run.completed, run.total) == ("complete", 2, 2)
    assert run.cost == events[-1].result.cost
