"""A run that a journal knows is gone on with: the rest of it, what failed, or one text differently."""

import anyio
import pytest

from stretto import Orchestrator
from stretto.app.archive import find_run, read_run, result_of_saved
from stretto.app.resume import Limits, reopen, reopen_failed, stream_saved
from stretto.core.checks import Finding
from stretto.core.errors import InputError, ModelError, UnderWayError
from stretto.engine import LimiterRegistry, RoleModels
from stretto.journal import MemoryJournal, open_journal
from tests.engine.stage import Stage, asked_type, plan, subtask
from tests.engine.test_resume import orchestrate

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sql"])
async def journal(request, tmp_path):
    """Give a journal of each kind."""
    if request.param == "memory":
        yield MemoryJournal()
    else:
        async with open_journal(tmp_path / "journal.db") as opened:
            yield opened


async def stop_at(orchestrator: Orchestrator, kind: str) -> str:
    """Start a run, leave it at the first event of a kind, and return its id."""
    async with orchestrator.stream("sell a bottle") as events:
        async for event in events:
            if event.kind == "run_started":
                run_id = event.run_id
            if event.kind == kind:
                break
    return run_id


async def fail_b(request, say):
    """Write every text but b, which cannot be written."""
    if asked_type(request) == "b":
        raise ModelError("no", kind="bad_request")
    return f"copy by {asked_type(request)}"


STAGES = ["run_started", "subtask_sealed", "worker_completed", "plan_completed", "synthesis_started", "run_completed"]


@pytest.mark.parametrize("kind", STAGES)
async def test_a_run_that_was_left_is_finished_by_another_orchestrator(journal, kind):
    """Wherever it was left, every result is there once, and nothing that was recorded is asked for again."""
    stage = Stage(orchestrate)
    run_id = await stop_at(stage.orchestrator(journal=journal, synthesis="merge"), kind)
    recorded = {key.subtask_id for key in (await journal.load(run_id)).outcomes if key.role == "worker"}
    before = len(stage.requests)
    # Another process: it was set up differently, and goes on with what the run was started with.
    result = await stage.orchestrator(journal=journal, subtasks=1, language="zh").resume(run_id)
    assert (result.run_id, result.status) == (run_id, "complete")
    assert [item.text for item in result.results] == [f"copy by {name}" for name in "abc"]
    assert result.synthesis.text == "all in one"
    asked = {asked_type(request) for request in stage.requests[before:] if request.role == "worker"}
    assert not asked & {"abc"[int(subtask_id[1:]) - 1] for subtask_id in recorded}


async def test_a_finished_run_is_resumed_without_a_call(journal):
    """Resuming what is complete gives the same result again, for nothing."""
    stage = Stage([plan("a")])
    first = await stage.orchestrator(journal=journal).run("sell a bottle")
    again = await stage.orchestrator(journal=journal).resume(first.run_id)
    assert (again.results, again.usage, len(stage.requests)) == (first.results, first.usage, 2)


async def test_a_retry_asks_for_failed_subtasks_only(journal):
    """What is there stays; what failed for good is asked for anew, and only by a retry."""
    stage = Stage([plan("a", "b")], fail_b)
    first = await stage.orchestrator(journal=journal).run("sell a bottle")
    assert (await stage.orchestrator(journal=journal).resume(first.run_id)).status == "partial"
    well = Stage([])
    result = await well.orchestrator(journal=journal).retry(first.run_id)
    assert (result.status, [item.revision for item in result.results]) == ("complete", [0, 1])
    assert [asked_type(request) for request in well.requests] == ["b"]
    assert await reopen_failed(journal, first.run_id) == ()


async def test_a_rerun_keeps_the_old_text_until_the_new_one_is_there(journal):
    """While the new text is not there the old one is the run's; then the new one is. Numbers and ids both name it."""
    stage = Stage([plan("a", "b")])
    first = await stage.orchestrator(journal=journal).run("sell a bottle")
    await reopen(journal, first.run_id, "s2", note="shorter")
    assert (await result_of_saved(journal, first.run_id)).results == first.results

    async def shorter(request, say):
        return "shorter" if "much shorter" in request.turns[0].reply else "not what was asked"

    result = await Stage([], shorter).orchestrator(journal=journal).rerun(first.run_id, "2", note="much shorter")
    assert [(item.text, item.revision) for item in result.results] == [("copy by a", 0), ("shorter", 2)]
    assert (await result_of_saved(journal, first.run_id)).results == result.results


async def test_an_unknown_subtask_is_named(journal):
    """A rerun of a subtask that is not there says which ones are."""
    stage = Stage([plan("a", "b")])
    first = await stage.orchestrator(journal=journal).run("sell a bottle")
    with pytest.raises(InputError, match=r"no subtask .3.\. It has: s1, s2"):
        await stage.orchestrator(journal=journal).rerun(first.run_id, "3")


async def test_a_run_without_subtasks_cannot_be_rerun_in_part(journal):
    """Before anything is planned, the error says to go on first."""
    run_id = await stop_at(Stage([plan("a")]).orchestrator(journal=journal), "run_started")
    with pytest.raises(InputError, match=f"no subtasks yet.*stretto resume {run_id}"):
        await reopen(journal, run_id, "1")


async def test_a_resume_may_raise_every_limit(journal):
    """What a limit left out is made once the limit is raised; the other limits stay as they were."""
    stage = Stage([plan("a", "b", "c")])
    small = stage.orchestrator(journal=journal, max_subtasks=2, max_tokens_total=40_000, subtasks=(1, 5))
    first = await small.run("sell a bottle")
    assert [item.status for item in first.results] == ["completed", "completed", "skipped"]

    async def go_on(**limits):
        async with stream_saved(
            journal, first.run_id, limiters=LimiterRegistry(10), own=own_team(stage), limits=Limits(**limits)
        ) as events:
            return [event async for event in events][-1].result

    spent = await go_on(max_subtasks=3, max_tokens_total=1)
    assert spent.results[2].error.kind == "budget"
    assert (await go_on(max_subtasks=3, budget_usd=1, deadline=60)).status == "complete"


def own_team(stage: Stage) -> RoleModels:
    """Return the team of the stage's own model."""
    return RoleModels(orchestrator=stage.model, worker=stage.model, synthesis=stage.model)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"budget_usd": 0}, "budget_usd must be more than 0 dollars, got 0"),
        ({"max_tokens_total": -1}, "max_tokens_total must be more than 0 tokens, got -1"),
        ({"max_subtasks": 1001}, "max_subtasks must be from 1 to 1000, got 1001"),
        ({"deadline": 0}, "deadline must be more than 0 seconds, got 0"),
    ],
)
async def test_a_limit_that_cannot_be_used_is_named(journal, limits, says):
    """An unusable limit is an error with its value, and nothing is called."""
    stage = Stage([plan("a")])
    run_id = await stop_at(stage.orchestrator(journal=journal), "run_started")
    before = len(stage.requests)
    with pytest.raises(InputError, match=says):
        async with stream_saved(
            journal, run_id, limiters=LimiterRegistry(1), own=own_team(stage), limits=Limits(**limits)
        ):
            pass
    assert len(stage.requests) == before


async def test_a_plan_that_was_not_reviewed_waits_for_a_person(journal):
    """Left before its review, a run is not gone on with unseen; with somebody to look it is, and then for good."""
    stage, shown = Stage([plan("a", "b")]), []

    async def leave(shown, quote):
        return None

    async def edit(plan, quote):
        shown.append(plan)
        return plan.remove("s1")

    declined = await stage.orchestrator(journal=journal).run("sell a bottle", review=leave)
    run_id = declined.run_id
    with pytest.raises(InputError, match=f"was not reviewed yet.*stretto resume {run_id} --review"):
        await stage.orchestrator(journal=journal).resume(run_id)
    async with stream_saved(journal, run_id, limiters=LimiterRegistry(10), own=own_team(stage), review=edit) as events:
        result = [event async for event in events][-1].result
    assert (result.status, [item.type for item in result.results]) == ("complete", ["b"])
    again = await stage.orchestrator(journal=journal).resume(run_id)
    assert (again.results, len(shown), len(stage.asked("orchestrator"))) == (result.results, 1, 1)


async def test_models_that_are_objects_are_found_by_their_names(journal):
    """A resume uses the caller's own models where the run's had their names, and says which one is missing."""
    stage = Stage([plan("a"), plan("a")])
    run_id = await stop_at(stage.orchestrator(journal=journal), "run_started")
    other = Stage([])
    other.model.name = "other"
    with pytest.raises(InputError, match=f"Run {run_id} was started with stage, which cannot be used now: .*stage"):
        await other.orchestrator(journal=journal).resume(run_id)
    assert (await stage.orchestrator(journal=journal).resume(run_id)).status == "complete"


async def test_checks_that_are_objects_are_found_by_their_names(journal):
    """A resume uses the caller's own checks by their names; one that is not there is an error that names it."""

    class Loud:
        name = "loud"

        def inspect(self, answer):
            return Finding(check="loud", message="It whispers.", action="warn")

    stage = Stage([plan("a"), plan("a")])
    run_id = await stop_at(stage.orchestrator(journal=journal, checks=[Loud()]), "run_started")
    with pytest.raises(InputError, match="loud"):
        await stage.orchestrator(journal=journal).resume(run_id)
    result = await stage.orchestrator(journal=journal, checks=[Loud()]).resume(run_id)
    assert [finding.message for finding in result.results[0].findings] == ["It whispers."]


async def test_without_a_journal_nothing_can_be_resumed():
    """The error says how to give one."""
    with pytest.raises(InputError, match=r"Orchestrator\(journal=open_journal\(\)\)"):
        await Stage([]).orchestrator().resume("x")


async def test_an_unknown_run_is_named(journal):
    """Nothing is begun under an id that the journal does not know."""
    orchestrator = Stage([]).orchestrator(journal=journal)
    for attempt in (orchestrator.resume("x"), orchestrator.retry("x"), orchestrator.rerun("x", "1")):
        with pytest.raises(InputError, match=r"no run .x. in the journal\. `stretto runs` lists them"):
            await attempt
    with pytest.raises(InputError, match="no run 'x'"):
        await read_run(journal, "x")
    assert await journal.list_runs() == ()


async def test_a_run_is_found_by_how_its_id_begins(journal):
    """A beginning that fits one run is enough; one that fits several, or none, is an error."""
    stage = Stage([])
    specs = await spec_like(stage)
    for run_id in ("20260101-a1", "20260101-a2", "20260101-a", "20260202-b"):
        await journal.open_run(run_id, specs)
    assert await find_run(journal, "20260202") == "20260202-b"
    assert await find_run(journal, "20260101-a") == "20260101-a"
    with pytest.raises(InputError, match=r"'202' may be several runs: .*Give more of the id"):
        await find_run(journal, "202")
    for unknown in ("2027", "", "b"):
        with pytest.raises(InputError, match="There is no run"):
            await find_run(journal, unknown)


async def spec_like(stage: Stage):
    """Return what a run on a stage is started with."""
    journal = MemoryJournal()
    run_id = await stop_at(stage.orchestrator(journal=journal), "run_started")
    return await journal.spec(run_id)


async def lose(request, say):
    """Lose the connection, every time."""
    raise ModelError("The connection was lost.", kind="cut")


async def cut_short(request, say):
    """Plan one subtask and lose the connection."""
    say("<analysis>why</analysis><tasks><task><type>a</type><description>do a</description></task>")
    raise ModelError("The connection was lost.", kind="cut")


WHOLE = {
    "complete": (Stage, ([plan("a", "b")],), {"synthesis": "merge"}),
    "a failed worker": (Stage, ([plan("a", "b")], fail_b), {}),
    "workers that were cut off": (Stage, ([plan("a", "b")], lose), {"synthesis": "merge", "attempts": 1}),
    "a failed synthesis": (Stage, ([plan("a")],), {"synthesis": "merge", "attempts": 1}),
    "no plan": (Stage, (["no plan", "none"],), {"attempts": 1}),
    "a plan cut short": (Stage, ([cut_short, "no idea"],), {"attempts": 1}),
    "too many": (Stage, ([plan("a", "b", "c")],), {"max_subtasks": 2, "subtasks": 1}),
    "a budget": (Stage, ([plan("a", "b")],), {"max_tokens_total": 1}),
}


@pytest.mark.parametrize("case", WHOLE)
async def test_a_result_read_from_the_journal_is_the_one_that_was_told(journal, case):
    """Without any call the journal gives back the result, with every reason for what is missing."""
    make, arguments, options = WHOLE[case]
    stage = make(*arguments, **({"synthesis": lose} if case == "a failed synthesis" else {}))
    told = await stage.orchestrator(journal=journal, **options).run("sell a bottle")
    calls = len(stage.requests)
    assert await result_of_saved(journal, told.run_id) == told
    assert len(stage.requests) == calls


async def test_a_declined_plan_is_read_as_declined(journal):
    """What a person declined is said to be declined."""

    async def decline(plan, quote):
        return None

    told = await Stage([plan("a")]).orchestrator(journal=journal).run("sell a bottle", review=decline)
    assert await result_of_saved(journal, told.run_id) == told


async def test_a_superseded_start_is_read_back(journal):
    """A subtask that was started early and dropped stands beside the results."""

    broken = f"<tasks>{subtask('a')}{subtask('gone')}<task><type>b</type><description></description></task></tasks>"
    told = await Stage([broken, plan("a", "b")]).orchestrator(journal=journal).run("sell a bottle")
    assert [item.type for item in told.superseded] == ["gone"]
    assert await result_of_saved(journal, told.run_id) == told


async def hang(request, say):
    """Never answer."""
    await anyio.sleep_forever()


async def hang_after_a(request, say):
    """Plan one subtask and never go on."""
    say(plan("a").removesuffix("</tasks>"))
    await anyio.sleep_forever()


async def hang_at_b(request, say):
    """Write every text but b, which never comes."""
    return await hang(request, say) if asked_type(request) == "b" else f"copy by {asked_type(request)}"


STOPPED = {
    "the plan": ("run_started", Stage(hang), ["the plan", "the synthesis"], []),
    "the rest": ("worker_completed", Stage(hang_after_a), ["the rest of the plan", "the synthesis"], ["a"]),
    "a worker": ("worker_completed", Stage([plan("a", "b")], hang_at_b), ["b", "the synthesis"], ["a"]),
    "the synthesis": ("synthesis_started", Stage([plan("a")], synthesis=hang), ["the synthesis"], ["a"]),
}


@pytest.mark.parametrize("journal", ["memory"], indirect=True)
@pytest.mark.parametrize("case", STOPPED)
async def test_what_there_is_of_a_stopped_run_can_be_read(journal, case):
    """Of a run that is not over there is what was finished; the rest is said to be missing, and why."""
    kind, stage, missing, done = STOPPED[case]
    run_id = await stop_at(stage.orchestrator(journal=journal, synthesis="merge"), kind)
    kept = await read_run(journal, run_id)
    result = kept.result
    assert [gap.what for gap in result.shortfall] == missing
    assert {gap.failure.kind for gap in result.shortfall} == {"interrupted"}
    assert [item.type for item in result.results if item.status == "completed"] == done
    assert result.status == ("partial" if done else "failed")
    assert kept.report.task.text == "sell a bottle"
    assert kept.report.labels == ()


async def test_a_run_that_was_never_told_of_can_be_read(journal):
    """Killed before its first event was logged, a run is there with everything missing."""
    await journal.open_run("r", await spec_like(Stage([plan("a")])))
    result = await result_of_saved(journal, "r")
    assert (result.status, result.results, result.seconds) == ("failed", (), 0.0)
    with pytest.raises(InputError, match="no subtasks yet"):
        await reopen(journal, "r", "1")


async def test_a_run_is_carried_out_by_one_at_a_time(journal):
    """While it is under way it is not resumed, retried, rerun or deleted; when it was left, it is interrupted."""

    async def never(request, say):
        await anyio.sleep_forever()

    stage = Stage([plan("a", "b")], never)
    orchestrator = stage.orchestrator(journal=journal)
    async with orchestrator.stream("sell a bottle") as events:
        run_id = (await anext(events)).run_id
        for attempt in (
            orchestrator.resume(run_id),
            orchestrator.retry(run_id),
            orchestrator.rerun(run_id, "1"),
            journal.delete(run_id),
        ):
            with pytest.raises(UnderWayError, match=f"Run {run_id} is being carried out right now"):
                await attempt
        assert (await read_run(journal, run_id)).state == "running"
    assert (await read_run(journal, run_id)).state == "interrupted"
    assert (await journal.load(run_id)).revisions == ()
    assert (await Stage(orchestrate).orchestrator(journal=journal).resume(run_id)).status == "complete"
    assert await journal.state(run_id) == "complete"


async def test_of_two_resumes_at_once_one_goes_on(journal):
    """The other one is refused before it makes a call, and the run ends as it should."""
    run_id = await stop_at(Stage(orchestrate).orchestrator(journal=journal), "plan_completed")
    stage = Stage(orchestrate)
    ended = []

    async def resume() -> None:
        try:
            ended.append((await stage.orchestrator(journal=journal).resume(run_id)).status)
        except UnderWayError:
            ended.append("refused")

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(resume)
    assert sorted(ended) == ["complete", "refused"]
    asked = [asked_type(request) for request in stage.requests if request.role == "worker"]
    assert len(asked) == len(set(asked))


async def test_a_rerun_that_cannot_begin_changes_nothing(journal):
    """A run that was complete stays so when the subtask that was named is not there."""
    stage = Stage([plan("a")])
    first = await stage.orchestrator(journal=journal).run("sell a bottle")
    with pytest.raises(InputError, match="no subtask"):
        await stage.orchestrator(journal=journal).rerun(first.run_id, "3")
    assert await journal.state(first.run_id) == "complete"
