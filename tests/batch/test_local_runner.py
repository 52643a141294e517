"""A batch in one process: what is run, what is not run again, what stops it and what does not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import anyio
import pytest

from stretto.batch.local_runner import BatchRunner
from stretto.batch.progress import BatchProgress
from stretto.batch.rows import row_runner
from stretto.batch.tables import ResultStore, write_output
from stretto.core.errors import ModelError
from stretto.core.journal import CallEnd
from stretto.core.models import ModelRequest
from stretto.journal import MemoryJournal, open_journal
from tests.batch.conftest import BatchHarness
from tests.engine.limits.virtual_provider import VirtualLoop

pytestmark = pytest.mark.anyio


class Asked(MemoryJournal):
    """Notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        for name in ("open_run", "hold_run", "leave_run", "load", "seal", "start_call", "record", "close_run"):
            setattr(self, name, self._noting(name, getattr(self, name)))

    def _noting(self, name: str, method: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def note(*arguments: object, **more: object) -> object:
            self.asked.append(name)
            return await method(*arguments, **more)

        return note

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Nobody asks for this: an end comes with its outcome."""
        assert self.asked[-1] == "record"
        await super().end_call(run_id, call)


async def test_every_row_gets_its_texts(harness: BatchHarness):
    """Each row is planned once and each of its texts written once, with the row's own values in the prompt."""
    harness.write(["mug", "lamp", "fork"])
    counts = await harness.run()
    assert sorted(harness.scripted.asked) == sorted(
        f"{who} {name}{what}"
        for name in ("mug", "lamp", "fork")
        for who, what in (("orchestrator", ""), ("worker", " a"), ("worker", " b"))
    )
    assert counts.statuses == {"complete": 3}
    assert (counts.done, counts.reused, counts.texts, counts.calls) == (3, 0, 6, 9)
    results = harness.results()
    assert [variant.text for variant in results["lamp"].variants] == ["lamp: a", "lamp: b"]
    assert results["lamp"].run_id.startswith("row-")


async def test_a_new_row_is_not_read_and_its_plan_is_one_write(harness: BatchHarness):
    """What a row asks of the journal: that it is opened, each call before it is made, each answer, and its end."""
    journal = harness.journal = Asked()
    harness.write(["mug"])
    await harness.run()
    plan, texts = ["start_call", "record"], ["start_call", "start_call", "record", "record"]
    assert journal.asked == ["open_run", *plan, *texts, "close_run", "leave_run"]


async def test_the_same_batch_again_makes_no_call(harness: BatchHarness):
    """Rows that the journal has whole are taken from it, with the same texts."""
    harness.write(["mug", "lamp"])
    await harness.run()
    before, calls = harness.results(), len(harness.scripted.asked)
    counts = await harness.run()
    assert len(harness.scripted.asked) == calls
    assert (counts.reused, counts.calls, counts.statuses["complete"]) == (2, 0, 2)
    assert harness.results() == before


async def test_only_changed_and_new_rows_are_run(harness: BatchHarness):
    """A row that changed, and one that is new, are run; the others are not, wherever they stand now."""
    harness.write(["mug", "lamp", "fork"])
    await harness.run()
    harness.scripted.asked.clear()
    harness.write(["spoon", "fork", "lamp (blue)", "mug"])
    counts = await harness.run()
    assert {asked.removeprefix("worker ")[:-2] for asked in harness.scripted.asked if asked.startswith("worker")} == {
        "spoon",
        "lamp (blue)",
    }
    assert counts.reused == 2


async def test_identical_rows_are_rows_of_their_own(harness: BatchHarness):
    """Two rows with the same content are two runs, and neither is run again."""
    harness.write(["mug", "mug"])
    counts = await harness.run()
    assert counts.calls == 6
    assert (await harness.run()).calls == 0


async def test_another_task_or_recipe_or_model_is_other_work(harness: BatchHarness):
    """A row is run again when what is done with it changes, and not when only its limits do."""
    work = harness.setup().work
    assert harness.setup(attempts=1, concurrency=3, max_tokens_total=5).work.key == work.key
    assert harness.setup(language="de").work.key != work.key
    assert harness.setup(subtasks=(2, 2)).work.key != work.key
    assert harness.setup(synthesis="merge").work.key != work.key
    assert harness.setup(recipe="creative-writing").work.key != work.key


async def test_a_row_goes_on_where_it_was_stopped(harness: BatchHarness):
    """A batch that is cancelled in the middle of a row goes on with the text that is missing."""
    harness.write(["mug"])
    reached, release = anyio.Event(), anyio.Event()

    async def hold(request, name):
        if "write b" in request.prompt:
            reached.set()
            await release.wait()

    harness.scripted.fault = hold
    async with anyio.create_task_group() as group:
        group.start_soon(harness.run)
        await reached.wait()
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert harness.scripted.asked == ["orchestrator mug", "worker mug a", "worker mug b"]
    harness.scripted.asked.clear()
    harness.scripted.fault = None
    counts = await harness.run()
    assert harness.scripted.asked == ["worker mug b"]
    assert counts.statuses == {"complete": 1}


async def test_a_failing_row_fails_alone(harness: BatchHarness):
    """A row that the model always answers with nonsense fails after bounded attempts; its neighbours are whole."""

    async def answer_nonsense(request, name):
        return "no plan at all" if name == "bomb" else None

    harness.scripted.fault = answer_nonsense
    harness.write(["mug", "bomb", "lamp"])
    counts = await harness.run()
    assert counts.statuses == {"complete": 2, "failed": 1}
    assert sum("bomb" in asked for asked in harness.scripted.asked) <= 3
    assert counts.stopped is None
    assert harness.results()["bomb"].error


async def test_a_row_that_raises_fails_alone(harness: BatchHarness, monkeypatch):
    """A row that brings a bug to light is a failed row with one line of error; its neighbours are whole."""

    real = row_runner.Task.of

    def of(text, context):
        if "bomb" in text:
            raise RuntimeError("boom")
        return real(text, context)

    monkeypatch.setattr(row_runner.Task, "of", of)
    monkeypatch.setattr("stretto.batch.tables.column_mapping.Task", type("Bare", (), {"of": staticmethod(real)}))
    harness.write(["mug", "bomb"])
    counts = await harness.run()
    assert counts.statuses == {"complete": 1, "failed": 1}
    assert "RuntimeError: boom" in harness.results()["bomb"].error


async def test_a_row_without_a_task_fails_alone(harness: BatchHarness):
    """A row whose task would be about nothing fails without a call."""
    harness.table.write_text("name,note\nmug,x\n,y\n")
    counts = await harness.run()
    assert counts.statuses == {"complete": 1, "failed": 1}
    assert "nothing to be about" in next(iter(counts.reasons))
    assert len(harness.scripted.asked) == 3


async def test_what_failed_for_good_is_tried_again_only_when_asked(harness: BatchHarness):
    """The same command leaves failed rows and texts as they are; retry_errors tries just those again."""

    async def fault(request, name):
        if name == "bomb":
            return "no plan at all"
        return "" if name == "lamp" and "write b" in request.prompt else None

    harness.scripted.fault = fault
    harness.write(["mug", "bomb", "lamp"])
    await harness.run()
    harness.scripted.fault = None
    harness.scripted.asked.clear()
    counts = await harness.run()
    assert harness.scripted.asked == []
    assert counts.statuses == {"complete": 1, "failed": 1, "partial": 1}
    counts = await harness.run(retry_errors=True)
    assert sorted(harness.scripted.asked) == ["orchestrator bomb", "worker bomb a", "worker bomb b", "worker lamp b"]
    assert counts.statuses == {"complete": 3}


async def test_what_failed_by_circumstance_is_tried_again(harness: BatchHarness):
    """A row that failed because the provider was away is run by the same command, without being asked."""

    async def away(request, name):
        raise ModelError("away", kind="server", model="scripted")

    harness.scripted.fault = away
    harness.write(["mug"])
    setup = harness.setup(attempts=1)
    assert (await harness.run(setup=setup)).statuses == {"failed": 1}
    harness.scripted.fault = None
    assert (await harness.run()).statuses == {"complete": 1}


async def test_the_budget_is_the_whole_batchs(harness: BatchHarness):
    """Past the budget no further row is begun; what a batch used before counts, and a higher budget goes on."""
    harness.write([f"thing {number}" for number in range(20)])
    setup = harness.setup(max_tokens_total=18_000, concurrency=1)
    counts = await harness.run(setup=setup)
    assert counts.stopped
    assert counts.stopped.kind == "budget"
    assert 0 < counts.statuses["complete"] < 20
    assert setup.budget_tracker.total.usage.total_tokens <= 18_000
    calls = len(harness.scripted.asked)
    await harness.run(
        setup=harness.setup(max_tokens_total=setup.budget_tracker.total.usage.total_tokens + 1, concurrency=1)
    )
    assert len(harness.scripted.asked) == calls
    assert (await harness.run()).statuses == {"complete": 20}
    assert len(harness.scripted.asked) == 60


async def test_a_deadline_stops_the_batch(harness: BatchHarness):
    """Past the deadline no row is begun, and those under way end."""

    async def never(request, name):
        await anyio.sleep_forever()

    harness.scripted.fault = never
    harness.write([f"thing {number}" for number in range(50)])
    counts = await harness.run(setup=replace(harness.setup(), deadline=0.05))
    assert counts.stopped
    assert counts.stopped.kind == "deadline"
    assert counts.done < 50


async def test_a_key_that_is_refused_stops_the_batch(harness: BatchHarness):
    """What every further row would meet too stops the batch after the rows under way."""

    async def refuse(request, name):
        raise ModelError("no such key", kind="authentication", model="scripted")

    harness.scripted.fault = refuse
    harness.write([f"thing {number}" for number in range(200)])
    counts = await harness.run(setup=harness.setup(concurrency=2))
    assert counts.stopped
    assert counts.stopped.kind == "authentication"
    assert counts.done <= 8


async def test_a_provider_that_stays_away_stops_the_batch(harness: BatchHarness):
    """When row after row fails by circumstance, no further one is begun."""

    async def away(request, name):
        raise ModelError("away", kind="server", model="scripted")

    harness.scripted.fault = away
    harness.write([f"thing {number}" for number in range(200)])
    counts = await harness.run(setup=harness.setup(concurrency=2, attempts=1))
    assert counts.stopped
    assert 25 <= counts.done <= 30


async def test_calls_stay_within_the_limit_and_rows_in_flight_are_few(harness: BatchHarness):
    """Calls at a time are those of the concurrency limit, and the table is read no further than rows are under way."""
    harness.write([f"thing {number}" for number in range(60)])
    begun: set[str] = set()
    widest = 0

    async def watch(request, name):
        nonlocal widest
        begun.add(name)
        widest = max(widest, len(begun) - counts.done)

    input_table, setup = harness.input_table(), harness.setup(concurrency=4)
    counts = BatchProgress(clock=lambda: 0.0, total=input_table.total)
    harness.scripted.fault = watch
    await BatchRunner(input_table, setup, journal=None, store=harness.store, counts=counts).run()
    assert counts.statuses == {"complete": 60}
    assert harness.scripted.most_in_flight == 4
    assert widest <= 8


async def test_the_output_is_in_the_order_of_the_input(harness: BatchHarness, tmp_path):
    """Rows that end out of order are written in order."""
    names = [f"thing {number}" for number in range(12)]
    released = {name: anyio.Event() for name in names[:3]}

    async def late(request, name):
        if name in released and request.role == "orchestrator":
            await released[name].wait()
        elif name == names[11]:
            for event in reversed(released.values()):
                event.set()

    harness.scripted.fault = late
    harness.write(names)
    input_table = harness.input_table()
    await harness.run(input_table=input_table)
    with input_table.rows() as rows:
        write_output(tmp_path / "out.csv", input_table.table.columns, rows, lambda row: harness.store.get(row.id))
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [name for name in names for _ in "ab"]


async def test_nothing_is_streamed(harness: BatchHarness, monkeypatch):
    """No call of a batch asks for pieces of text, the plan's neither."""
    from stretto.models import FunctionModel

    listeners = []
    real = FunctionModel.respond

    async def respond(self, request, on_text=None):
        listeners.append(on_text)
        return await real(self, request, on_text)

    monkeypatch.setattr(FunctionModel, "respond", respond)
    harness.write(["mug"])
    await harness.run()
    assert listeners == [None] * 3


async def test_without_a_journal_nothing_is_kept(harness: BatchHarness):
    """Without a journal every run of the batch is the first."""
    harness.journal = None
    harness.write(["mug"])
    await harness.run()
    assert (await harness.run()).calls == 3


async def test_a_row_of_many_is_resumed_from_a_file(harness: BatchHarness, tmp_path):
    """With the journal in a file the same batch makes no call in another process's place."""
    harness.write(["mug", "lamp"])
    for calls in (6, 0):
        async with open_journal(tmp_path / "journal.db") as journal:
            harness.journal = journal  # type: ignore[assignment]
            assert (await harness.run()).calls == calls


async def test_only_the_end_of_a_short_row_is_logged(harness: BatchHarness):
    """The journal keeps no event of a complete row, and of a short one only how it ended."""

    async def fault(request, name):
        return "no plan at all" if name == "bomb" else None

    harness.scripted.fault = fault
    harness.write(["mug", "bomb"])
    await harness.run()
    assert isinstance(harness.journal, MemoryJournal)
    results = harness.results()
    assert await harness.journal.events(results["mug"].run_id) == ()
    assert [event.kind for event in await harness.journal.events(results["bomb"].run_id)] == ["run_completed"]


@pytest.mark.parametrize("kind", ["memory", "sql"])
async def test_the_same_batch_twice_at_once_pays_for_each_row_once(harness: BatchHarness, kind: str):
    """Each row is run by one of them; the other says so, and the same command has every row afterwards."""
    names = [f"cup{number}" for number in range(30)]
    harness.write(names)
    async with open_journal(harness.folder / "journal.db") as one, open_journal(harness.folder / "journal.db") as two:
        shared = MemoryJournal()
        harnesses = [
            replace(harness, journal=journal, store=ResultStore())
            for journal in ((shared, shared), (one, two))[kind == "sql"]
        ]
        all_counts = []

        async def run(own: BatchHarness) -> None:
            all_counts.append(await own.run())

        async with anyio.create_task_group() as group:
            for own in harnesses:
                own.write(names)
                group.start_soon(run, own)
        assert len(harness.scripted.asked) == len(set(harness.scripted.asked)) == 3 * len(names)
        elsewhere = "The row is being carried out by another process; wait until that has ended."
        assert {reason for counts in all_counts for reason in counts.reasons} <= {elsewhere}
        for counts in all_counts:
            assert counts.statuses["complete"] + counts.reasons[elsewhere] == len(names)
        assert (await harnesses[0].run()).calls == 0
        assert {result.status for result in harnesses[0].results().values()} == {"complete"}


def test_a_slow_call_is_told_by_the_calls_of_all_rows(harness: BatchHarness):
    """With `hedge`, a row of two texts knows from the other rows that one of its calls hangs, and has it made again."""
    hung: list[str] = []

    async def fault(request: ModelRequest, name: str) -> str | None:
        if request.role == "worker":
            hangs = name == "slow" and not hung
            hung.extend([name] if hangs else [])
            await anyio.sleep(60.0 if hangs else 1.0)
        return None

    harness.scripted.fault = fault
    harness.write([*(f"quick {number}" for number in range(12)), "slow"])
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        counts = runner.run(harness.run(setup=harness.setup(hedge=True)))
        seconds = runner.get_loop().time()
    assert counts.statuses == {"complete": 13}
    assert counts.calls == 13 * 3 + 1
    assert seconds < 60
