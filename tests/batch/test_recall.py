"""A batch that ends early: what the journal has of the rows that were not reached is there, counted for what it is."""

from collections.abc import Callable

import anyio
import pytest

from stretto.batch import local_runner
from stretto.batch.tables import ResultStore
from stretto.core.errors import InputError, ModelError
from stretto.engine import Budget, BudgetTracker
from stretto.journal import MemoryJournal
from tests.batch.conftest import BatchHarness
from tests.batch.scripted_model import Fault

pytestmark = pytest.mark.anyio

NEW = ["new one", "new two"]
"""With one call at a time two rows are under way: while the first one's is held, no other row is reached."""


def holding(reached: anyio.Event, held: str, then: Fault | None = None) -> Fault:
    """Return a fault that never answers for one row, and says that it has asked; for others it is another one."""

    async def fault(request, name):
        if name == held:
            reached.set()
            await anyio.sleep_forever()
        return await then(request, name) if then else None

    return fault


async def stop_at_the_new_rows(harness: BatchHarness, names: list[str], **options: object):
    """Put new rows before these, run the table and stop it when it has asked for those; return its numbers."""
    harness.write([*NEW, *names])
    harness.store = ResultStore()
    harness.scripted.asked.clear()
    reached = anyio.Event()
    harness.scripted.fault = holding(reached, NEW[0])
    counts = await harness.stop(reached, **({"setup": harness.setup(concurrency=1)} | options))
    assert harness.scripted.asked == [f"orchestrator {NEW[0]}"]
    return counts


async def test_rows_that_were_not_reached_are_taken_from_the_journal(harness: BatchHarness):
    """They are there with the same texts, count as rows from before, and no call is made for them."""
    names = [f"cup{number}" for number in range(10)]
    harness.write(names)
    await harness.run()
    before = harness.results()
    counts = await stop_at_the_new_rows(harness, names)
    assert harness.results() == before | dict.fromkeys(NEW)
    assert (counts.done, counts.reused, counts.statuses, counts.texts) == (10, 10, {"complete": 10}, 20)
    assert counts.calls == 1
    assert set(counts.seconds) == {-1.0, 0.0}


async def test_a_batch_that_stops_by_itself_does_the_same(harness: BatchHarness):
    """Where the budget ends it, the rows that were not reached are taken from the journal as well."""
    names = [f"cup{number}" for number in range(10)]
    harness.write(names)
    await harness.run()
    harness.write([*NEW, *names])
    harness.store = ResultStore()
    runner, counts = harness.runner(setup=harness.setup(concurrency=1, max_tokens_total=1))
    await runner.run()
    assert counts.stopped
    assert counts.done < counts.total
    await runner.recall()
    assert counts.statuses == {"complete": 10, "failed": 2}
    assert {result.status for name, result in harness.results().items() if name not in NEW if result} == {"complete"}
    assert counts.reused == 10


async def test_what_is_known_of_a_row_in_part_is_there(harness: BatchHarness):
    """A text that is there is kept, and so is the reason for which another is not; without either it was not run."""
    reached = anyio.Event()

    async def away(request, name):
        if name == "away" or (name == "half away" and "write b" in request.prompt):
            raise ModelError("away", kind="server", model="scripted")
        if name == "half" and "write b" in request.prompt:
            await anyio.sleep_forever()

    names = ["half", "away", "half away", "planning"]
    harness.write(names)
    harness.scripted.fault = holding(reached, "planning", away)
    await harness.stop(reached, setup=harness.setup(attempts=1))
    counts = await stop_at_the_new_rows(harness, names)
    found = harness.results()
    assert {name: found[name] and found[name].status for name in (*names, *NEW)} == {
        "half": "partial",
        "away": "failed",
        "half away": "partial",
        **dict.fromkeys(("planning", *NEW)),
    }
    for name, why in (("half", "stopped"), ("half away", "away")):
        kept, missing = found[name].variants
        assert (kept.text, missing.text, missing.status) == (f"{name}: a", "", "failed")
        assert why in missing.error
        assert why in found[name].error
    assert "away" in found["away"].error
    assert (counts.done, counts.reused, counts.texts, counts.calls, counts.reasons) == (0, 0, 2, 1, {})
    harness.scripted.fault = None
    assert (await harness.run()).statuses == {"complete": 6}


async def test_what_failed_for_good_is_over_unless_it_is_to_be_tried_again(harness: BatchHarness):
    """A row that ended short for a reason of its own is from before; when it was to be tried again it is only kept."""

    async def fault(request, name):
        if name == "bomb":
            return "no plan at all"
        return "" if name == "lamp" and "write b" in request.prompt else None

    names = ["bomb", "lamp", "mug"]
    harness.write(names)
    harness.scripted.fault = fault
    await harness.run()
    before = harness.results()
    for options, statuses in (
        ({}, {"failed": 1, "partial": 1, "complete": 1}),
        ({"retry_errors": True}, {"complete": 1}),
    ):
        counts = await stop_at_the_new_rows(harness, names, **options)
        assert harness.results() == before | dict.fromkeys(NEW)
        assert counts.statuses == statuses
        assert counts.reused == counts.done == sum(statuses.values())
        assert counts.texts == 3


async def test_every_call_counts_against_the_budget_once(harness: BatchHarness):
    """Those of rows that were under way, of rows that were not reached, and of a row that was stopped before."""
    reached = anyio.Event()
    harness.write(["one", "two", "three"])
    harness.scripted.fault = holding(reached, "three")
    await harness.stop(reached)
    setup = harness.setup(concurrency=1)
    await stop_at_the_new_rows(harness, ["one", "two", "three"], setup=setup)
    budget_tracker = BudgetTracker(Budget())
    assert isinstance(harness.journal, MemoryJournal)
    runs = await harness.journal.list_runs()
    for run in runs:
        budget_tracker.restore(await harness.journal.load(run.run_id))
    assert len(runs) == 5
    assert setup.budget_tracker.total.usage == budget_tracker.total.usage


class Counting(MemoryJournal):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = self.loads = 0

    async def known(self, run_ids):
        """Return which of these runs there are."""
        self.looks += 1
        return await super().known(run_ids)

    async def load(self, run_id):
        """Return what is known of a run."""
        self.loads += 1
        return await super().load(run_id)


async def test_rows_that_the_journal_does_not_know_are_not_read_one_by_one(harness: BatchHarness):
    """Of 2,100 new rows it is asked five times, and only the two that were under way are read."""
    journal = harness.journal = Counting()
    counts = await stop_at_the_new_rows(harness, [f"cup{number}" for number in range(2_098)])
    assert (journal.looks, journal.loads) == (5, 2)
    assert (counts.done, counts.texts) == (0, 0)


async def test_one_row_that_raises_hides_no_other(harness: BatchHarness, monkeypatch):
    """A row that brings a bug to light counts as not run; the others are taken from the journal."""

    harness.write(["mug", "bomb"])
    await harness.run()
    real = local_runner.row_state_of

    async def row_state_of(row, saved, journal, job):
        if "bomb" in row.task:
            raise RuntimeError("boom")
        return await real(row, saved, journal, job)

    monkeypatch.setattr(local_runner, "row_state_of", row_state_of)
    counts = await stop_at_the_new_rows(harness, ["mug", "bomb"])
    assert counts.statuses == {"complete": 1}
    assert harness.results()["bomb"] is None


@pytest.mark.parametrize("way", ["no journal", "all done"])
async def test_there_is_not_always_something_to_look_up(harness: BatchHarness, way: str, monkeypatch):
    """Without a journal, and when every row was reached, the table is not even read again."""
    harness.write(["mug"])
    if way == "no journal":
        harness.journal = None
    runner, counts = harness.runner()
    if way == "all done":
        await runner.run()
    monkeypatch.setattr("stretto.batch.input_table.open_rows", refuse)
    await runner.recall()
    assert counts.done == (way == "all done")


async def test_a_table_that_was_changed_meanwhile_is_left_to_the_output(harness: BatchHarness, monkeypatch):
    """What cannot be read any more raises nothing here: the output reads it too, and says so."""
    harness.write(["mug"])
    runner, counts = harness.runner()
    harness.write(["mug", "lamp"])
    await runner.recall()
    assert counts.done == 0
    with pytest.raises(InputError, match="was changed"), runner._input_table.rows() as rows:
        list(rows)


def refuse(*_args: object, **_options: object) -> Callable[[], None]:
    """Stand in for what is not to be used."""
    raise AssertionError("read again")
