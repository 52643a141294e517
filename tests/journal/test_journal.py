"""What every journal keeps: keyed records, of which the first stands."""

from dataclasses import replace

import anyio
import pytest

from stretto.core.errors import JournalError
from stretto.core.events import (
    AnalysisDelta,
    PlanCompleted,
    SubtaskSealed,
    SynthesisDelta,
    WorkerCompleted,
    WorkerDelta,
)
from stretto.core.journal import OutcomeKey, Revision, SavedRun
from stretto.journal import open_journal
from tests.journal.samples import (
    PLANNED,
    REVIEWED,
    SYNTHESIS,
    end,
    failed,
    plan,
    result,
    start,
    subtask,
    synthesis,
    worker,
)

pytestmark = pytest.mark.anyio

# NUL, lone surrogates, a pair that belongs together given as two, an emoji, right-to-left, line ends.
HARD = "a\0b \ud800 \udfff \ud83d\ude00 😀 שלום\r\n\x1b[0m\\u0000 </task>"


async def fill(journal) -> SavedRun:
    """Keep one of everything and return what must come back."""
    await journal.open_run("r", {"task": "t", "recipe": "p"})
    for number in (1, 2):
        await journal.seal("r", subtask(number), analysis="two ways")
    outcomes = {
        PLANNED: plan(1, 2),
        REVIEWED: plan(2),
        worker(1): result(1),
        worker(2): failed(2),
        worker(2, 1): result(2, revision=1),
        SYNTHESIS: synthesis(),
    }
    for key, outcome in outcomes.items():
        assert await journal.record("r", key, outcome) == outcome
    revision = Revision(subtask_id="s2", revision=1, note="shorter")
    await journal.revise("r", revision)
    await journal.log("r", [SubtaskSealed(seq=4, at=0.125, subtask=subtask(1))])
    for call_id in ("a", "b"):
        await journal.start_call("r", start(call_id))
    await journal.end_call("r", end("a"))
    return SavedRun(
        sealed=(subtask(1), subtask(2)),
        analysis="two ways",
        outcomes=outcomes,
        revisions=(revision,),
        last_seq=4,
        starts={"a": start("a"), "b": start("b")},
        ends={"a": end("a")},
    )


async def test_a_run_that_nobody_knows_is_empty(journal):
    """A new run has nothing, and asking for it does not make it."""
    assert await journal.load("r") == SavedRun()
    assert await journal.list_runs() == ()


async def test_everything_comes_back_as_it_was_given(journal):
    """Every kind of record is read back equal."""
    kept = await fill(journal)
    assert await journal.load("r") == kept


async def test_another_process_finds_everything(place):
    """What was kept is there after closing and opening again."""
    async with open_journal(place) as journal:
        kept = await fill(journal)
    async with open_journal(place) as journal:
        assert await journal.load("r") == kept
        assert await journal.spec("r") == {"task": "t", "recipe": "p"}


async def test_runs_are_kept_apart(journal):
    """A run's records are not another's."""
    kept = await fill(journal)
    await journal.start_call("other", start("a", "9"))
    assert await journal.load("r") == kept
    assert (await journal.load("other")).starts == {"a": start("a", "9")}


async def test_the_first_outcome_stands(journal):
    """A late writer is given what was written before, and changes nothing."""
    await journal.record("r", worker(), result(text="early"))
    assert await journal.record("r", worker(), result(text="late")) == result(text="early")
    assert (await journal.load("r")).outcomes == {worker(): result(text="early")}


async def test_of_many_writers_at_once_one_wins_and_all_are_told(journal):
    """Thirty writers under one key: all see the same outcome, which is the one that is kept."""
    seen = []

    async def write(number: int) -> None:
        seen.append(await journal.record("r", worker(), result(text=str(number))))

    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(write, number)
    (kept,) = (await journal.load("r")).outcomes.values()
    assert seen == [kept] * 30


async def test_repeating_a_write_changes_nothing(journal):
    """Whatever is written again, as after a lost connection, stays as it was first."""
    kept = await fill(journal)
    await journal.seal("r", subtask(1, "another"), analysis="another")
    await journal.start_call("r", start("a", "9"))
    await journal.end_call("r", end("a", "9"))
    await journal.revise("r", Revision(subtask_id="s2", revision=1, note="another"))
    await journal.log("r", [SubtaskSealed(seq=4, subtask=subtask(2))])
    await journal.open_run("r", {"task": "another"})
    assert await journal.load("r") == kept
    assert (await journal.events("r"))[0].subtask == subtask(1)
    assert await journal.spec("r") == {"task": "t", "recipe": "p"}


async def test_sealed_subtasks_are_in_the_order_of_their_ids(journal):
    """The tenth comes after the second, whoever was faster."""
    for number in (10, 2, 1):
        await journal.seal("r", subtask(number), analysis="")
    assert [sealed.id for sealed in (await journal.load("r")).sealed] == ["s1", "s2", "s10"]


async def test_a_plan_seals_its_subtasks(journal):
    """Each counts as sealed with the plan it came with; one that was sealed before stays as it was."""
    await journal.seal("r", subtask(3), subtask(1, "as it was"), analysis="")
    await journal.record("r", REVIEWED, plan(2, 10))
    await journal.record("r", PLANNED, plan(1, 2))
    assert (await journal.load("r")).sealed == (subtask(1, "as it was"), subtask(2), subtask(3), subtask(10))


async def test_the_analysis_is_the_first_that_was_known(journal):
    """An analysis that was not there with the first subtask is taken from a later one, once."""
    for number, analysis in enumerate(("", "known", "more"), 1):
        await journal.seal("r", subtask(number), analysis=analysis)
    assert (await journal.load("r")).analysis == "known"


async def test_revisions_come_oldest_first(journal):
    """Revisions are read in the order in which they were opened."""
    opened = [Revision(subtask_id=id_, revision=number) for id_, number in (("s9", 1), ("s1", 1), ("s9", 2))]
    for revision in opened:
        await journal.revise("r", revision)
    assert list((await journal.load("r")).revisions) == opened


async def test_events_are_replayed_in_order_from_where_the_reader_was(journal):
    """Logged events come by their number, past a given one."""
    first = SubtaskSealed(seq=2, subtask=subtask())
    second = PlanCompleted(seq=5, at=1.5, plan=plan(1), warnings=("few",))
    third = WorkerCompleted(seq=9, result=result())
    await journal.log("r", [third, second])
    await journal.log("r", [first])
    await journal.log("r", [])
    assert await journal.events("r") == (first, second, third)
    assert await journal.events("r", after=2) == (second, third)
    assert await journal.events("r", after=9) == ()
    assert (await journal.load("r")).last_seq == 9


async def test_deltas_are_for_those_who_are_there(journal):
    """What a delta carries comes again in the event that closes it; only that is to be logged."""
    assert not journal.keeps(AnalysisDelta(text="x"))
    assert not journal.keeps(WorkerDelta(subtask_id="s1", attempt=1, text="x"))
    assert not journal.keeps(SynthesisDelta(attempt=1, text="x"))
    assert journal.keeps(SubtaskSealed(subtask=subtask()))
    assert journal.keeps(WorkerCompleted(result=result()))


async def test_records_may_come_before_the_run_is_opened(journal):
    """Opening a run later adds what it was started with and takes nothing away."""
    await journal.seal("r", subtask(), analysis="known")
    await journal.open_run("r", {"task": "t"})
    assert await journal.spec("r") == {"task": "t"}
    assert (await journal.load("r")).analysis == "known"
    assert [run.task for run in await journal.list_runs()] == ["t"]


@pytest.mark.parametrize("text", [HARD, "好" * 1_700_000 + "\0", ""], ids=["hard", "5 MB", "empty"])
async def test_any_text_comes_back_as_it_was(journal, text):
    """NUL bytes, lone surrogates and five megabytes are read back to the character."""
    kept = replace(result(text=text), subtask=subtask(1, text))
    await journal.record("r", worker(), kept)
    await journal.seal("r", subtask(1, text), analysis=text)
    await journal.revise("r", Revision(subtask_id="s1", revision=1, note=text))
    await journal.log("r", [WorkerCompleted(seq=1, result=kept)])
    await journal.open_run("r", {"task": text, "context": {text[:9]: text}})
    saved = await journal.load("r")
    assert saved.outcomes[worker()] == kept
    assert saved.sealed == (subtask(1, text),)
    assert saved.analysis == text
    assert saved.revisions[0].note == text
    assert (await journal.events("r"))[0].result == kept
    assert await journal.spec("r") == {"task": text, "context": {text[:9]: text}}


async def test_ids_may_be_any_text(journal):
    """Ids that no column takes are kept and told apart."""
    ids = ["\0", "\\0000", "\ud800", "\\", "\\\\", ""]
    for id_ in ids:
        await journal.open_run(id_, {"task": repr(id_)})
        await journal.record(id_, OutcomeKey(role="worker", subtask_id=id_), result(text=repr(id_)))
    for id_ in ids:
        assert (await journal.load(id_)).outcomes == {OutcomeKey(role="worker", subtask_id=id_): result(text=repr(id_))}
    assert {run.run_id: run.task for run in await journal.list_runs()} == {id_: repr(id_) for id_ in ids}


async def test_a_write_whose_caller_left_is_still_made(sql_journal):
    """Cancelling who waits for a commit loses nothing."""
    with anyio.CancelScope() as scope:
        scope.cancel()
        await sql_journal.record("r", worker(), result())
    await sql_journal.open_run("r", {})  # after it in the queue
    await sql_journal.open_run("r", {})  # Writes are made in the order in which they are asked for.
    assert (await sql_journal.load("r")).outcomes == {worker(): result()}


async def test_a_closed_journal_says_so(place):
    """Using it after closing is an error with the journal's place, and closing twice is once."""
    journal = open_journal(place)
    async with journal:
        await journal.open_run("r", {})
    await journal.aclose()
    for use in (lambda: journal.open_run("r2", {}), lambda: journal.load("r")):
        with pytest.raises(JournalError, match=r"journal .* is closed"):
            await use()


async def test_what_was_asked_for_is_written_before_closing(place):
    """Closing waits for writes that others still wait for."""
    journal = open_journal(place)
    await journal.load("r")
    async with anyio.create_task_group() as group:
        for number in range(1, 21):
            group.start_soon(journal.record, "r", worker(number), result(number))
        await anyio.wait_all_tasks_blocked()
        await journal.aclose()
    async with open_journal(place) as journal:
        assert len((await journal.load("r")).outcomes) == 20


async def test_one_write_that_cannot_be_made_fails_alone(sql_journal):
    """A value that no database takes is its own caller's error; writes beside it are made."""
    failures = []

    async def faulty() -> None:
        try:
            await sql_journal.record("r", OutcomeKey(role="worker", subtask_id="s1", revision=1 << 70), result())
        except (JournalError, OverflowError) as error:
            failures.append(error)

    async with anyio.create_task_group() as group:
        for number in range(1, 6):
            group.start_soon(sql_journal.record, "r", worker(number), result(number))
            group.start_soon(faulty)
    assert len(failures) == 5
    assert len((await sql_journal.load("r")).outcomes) == 5


async def test_a_value_that_is_no_json_is_refused_at_once(sql_journal):
    """What cannot be kept whole is not kept at all."""
    with pytest.raises(TypeError, match="cannot be kept"):
        await sql_journal.open_run("r", {"task": object()})
