"""What people ask about runs that are over, or are not theirs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import anyio
import pytest
from anyio.to_thread import run_sync

from stretto.core.journal import SavedRun
from stretto.core.usage import FREE, Cost
from stretto.journal import open_journal
from tests.journal.samples import PLANNED, REVIEWED, end, failed, plan, result, start, subtask, worker
from tests.journal.test_journal import fill

pytestmark = pytest.mark.anyio

TOMORROW = datetime.now(UTC) + timedelta(days=1)


async def ids(journal, **options) -> list[str]:
    """Return which runs are listed."""
    return [run.run_id for run in await journal.list_runs(**options)]


async def test_runs_are_listed_newest_first(journal):
    """The list begins with the newest run and ends at the limit."""
    for run_id in "abc":
        await journal.open_run(run_id, {})
    assert await ids(journal) == ["c", "b", "a"]
    assert await ids(journal, limit=2) == ["c", "b"]


async def test_runs_are_listed_by_state(journal):
    """Only runs in one of the states asked for are listed."""
    for run_id, state in (("a", "complete"), ("b", "partial"), ("c", "failed")):
        await journal.open_run(run_id, {})
        await journal.close_run(run_id, state)
    await journal.open_run("d", {})
    assert await ids(journal, states=["running"]) == ["d"]
    assert await ids(journal, states=["complete", "failed"]) == ["c", "a"]


async def test_which_of_many_runs_there_are(journal):
    """Of any number of ids, those of runs that there are, whatever characters they have."""
    there = {"a", "b\\0", "c\ud800"}
    for run_id in there:
        await journal.open_run(run_id, {})
    assert await journal.known([*there, *(f"x{number}" for number in range(2_500))]) == there
    assert await journal.known([]) == set()


async def test_search_looks_into_task_recipe_and_id(journal):
    """A part of any of them finds the run, in any case and language; % and _ are only themselves."""
    await journal.open_run("20260131-aa", {"task": "Write for the ÉCLAIR bottle 100%", "recipe": "product-copy"})
    await journal.open_run("20260131-bb", {"task": "写一段保温杯的文案", "recipe": {"name": "email_set", "x": 1}})
    for search in ("éclair", "0%", "PRODUCT", "31-aa"):
        assert await ids(journal, search=search) == ["20260131-aa"]
    assert [run.recipe for run in await journal.list_runs()] == ["email_set", "product-copy"]
    for search in ("保温杯", "l_s", "31-BB"):
        assert await ids(journal, search=search) == ["20260131-bb"]
    for search in ("%", "_"):
        assert len(await ids(journal, search=search)) == 1
    assert await ids(journal, search="\0\ud800") == []
    assert await ids(journal, search="x" * 60_000) == []


async def test_a_line_says_what_was_done_and_what_it_cost(journal):
    """A call without a known end, or without usage, counts as its reservation; an unknown price is not zero."""
    before = datetime.now(UTC)
    await fill(journal)
    for call_id in "cd":
        await journal.start_call("r", start(call_id, "0.25", complete=call_id == "c"))
        await journal.end_call("r", end(call_id, "0.01", usage=None))
    await journal.close_run("r", "partial")
    (run,) = await journal.list_runs()
    assert (run.run_id, run.state, run.task, run.recipe) == ("r", "partial", "t", "p")
    assert before <= run.started_at <= datetime.now(UTC)
    assert run.started_at.tzinfo is UTC
    assert run.cost == Cost(usd=Decimal("0.1") + Decimal("0.5") + 2 * Decimal("0.25"), complete=False)


async def test_progress_counts_the_subtasks_of_the_plan_that_counts(journal):
    """Counted is what is sealed, then what is planned, then what was reviewed; never what is in no plan."""

    async def progress() -> tuple[int, int]:
        (run,) = await journal.list_runs()
        return run.completed, run.total

    await journal.open_run("r", {})
    assert await progress() == (0, 0)
    for number in (1, 2, 3):
        await journal.seal("r", subtask(number), analysis="")
        await journal.record("r", worker(number), result(number) if number != 2 else failed(2))
    assert await progress() == (2, 3)
    await journal.record("r", PLANNED, plan(1, 2))
    assert await progress() == (1, 2)
    await journal.record("r", worker(2, 1), result(2, revision=1))
    assert await progress() == (2, 2)
    await journal.record("r", REVIEWED, plan(2))
    assert await progress() == (1, 1)


async def test_a_long_list_is_complete(journal):
    """Runs beyond one statement's worth each have their own line, with their own cost."""
    async with anyio.create_task_group() as group:
        for number in range(1_100):
            group.start_soon(journal.open_run, f"r{number}", {})
    await journal.start_call("r7", start("a"))
    listed = await journal.list_runs(limit=2_000)
    assert len(listed) == 1_100
    assert {run.run_id: run.cost for run in listed if run.cost != FREE} == {"r7": Cost(usd=Decimal("0.5"))}


async def test_the_spec_of_a_run_that_does_not_exist_is_none(journal):
    """None says that there is no such run; a run started with nothing has an empty spec."""
    await journal.open_run("r", {})
    assert await journal.spec("r") == {}
    assert await journal.spec("other") is None


async def test_deleting_takes_everything_of_one_run(journal):
    """Nothing of a deleted run is left, and nothing of another is touched."""
    await fill(journal)
    await journal.open_run("other", {"task": "t"})
    await journal.record("other", worker(), result())
    await journal.close_run("r", "partial")
    assert await journal.delete("r")
    assert await journal.load("r") == SavedRun()
    assert await journal.spec("r") is None
    assert await journal.events("r") == ()
    assert await ids(journal) == ["other"]
    assert (await journal.load("other")).outcomes == {worker(): result()}
    assert not await journal.delete("r")


async def test_pruning_takes_finished_runs_that_are_old(journal):
    """Unfinished runs stay, and so does what started later."""
    for run_id in "ab":
        await journal.open_run(run_id, {})
        await journal.record(run_id, worker(), result())
    await journal.close_run("a", "failed")
    assert await journal.prune(before=TOMORROW - timedelta(days=2)) == 0
    assert await journal.prune(before=TOMORROW) == 1
    assert await ids(journal) == ["b"]
    assert (await journal.load("a")).outcomes == {}
    assert (await journal.load("b")).outcomes == {worker(): result()}
    assert await journal.prune(before=TOMORROW) == 0


async def test_deleted_text_is_gone_from_the_disk(tmp_path: Path):
    """After a deletion no file of the journal holds the text any more, and the space is given back."""
    place = tmp_path / "journal.db"
    async with open_journal(place) as journal:
        await journal.record("r", worker(), result(text="the secret brief " * 100_000))
        assert await journal.delete("r")
        left = await run_sync(lambda: {file.name: file.read_bytes() for file in tmp_path.iterdir()})
    assert not [name for name, data in left.items() if b"the secret brief" in data]
    assert sum(map(len, left.values())) < 500_000
