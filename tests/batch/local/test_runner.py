"""A batch in one process: what is run, what is not run again, what stops it and what does not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import anyio
import pytest
from tests.engine.limits.virtual_provider import VirtualLoop

from stretto.batch.tables import ResultStore, write_output
from stretto.core.errors import ModelError
from stretto.core.journal import CallEnd
from stretto.core.models import ModelRequest
from stretto.journal import MemoryJournal, open_journal
from tests.batch.conftest import Shop

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


async def test_every_row_gets_its_texts(shop: Shop):
    """Each row is planned once and each of its texts written once, with the row's own values in the prompt."""
    shop.write(["mug", "lamp", "fork"])
    counts = await shop.run()
    assert sorted(shop.clerk.asked) == sorted(
        f"{who} {name}{what}"
        for name in ("mug", "lamp", "fork")
        for who, what in (("orchestrator", ""), ("worker", " a"), ("worker", " b"))
    )
    assert counts.statuses == {"complete": 3}
    assert (counts.done, counts.reused, counts.texts, counts.calls) == (3, 0, 6, 9)
    results = shop.results()
    assert [variant.text for variant in results["lamp"].variants] == ["lamp: a", "lamp: b"]
    assert results["lamp"].run_id.startswith("row-")


async def test_a_new_row_is_not_read_and_its_plan_is_one_write(shop: Shop):
    """What a row asks of the journal: that it is opened, each call before it is made, each answer, and its end."""
    journal = shop.journal = Asked()
    shop.write(["mug"])
    await shop.run()
    plan, texts = ["start_call", "record"], ["start_call", "start_call", "record", "record"]
    assert journal.asked == ["open_run", *plan, *texts, "close_run", "leave_run"]


async def test_the_same_batch_again_makes_no_call(shop: Shop):
    """Rows that the journal has whole are taken from it, with the same texts."""
    shop.write(["mug", "lamp"])
    await shop.run()
    before, calls = shop.results(), len(shop.clerk.asked)
    counts = await shop.run()
    assert len(shop.clerk.asked) == calls
    assert (counts.reused, counts.calls, counts.statuses["complete"]) == (2, 0, 2)
    assert shop.results() == before


async def test_only_changed_and_new_rows_are_run(shop: Shop):
    """A row that changed, and one that is new, are run; the others are not, wherever they stand now."""
    shop.write(["mug", "lamp", "fork"])
    await shop.run()
    shop.clerk.asked.clear()
    shop.write(["spoon", "fork", "lamp (blue)", "mug"])
    counts = await shop.run()
    assert {asked.removeprefix("worker ")[:-2] for asked in shop.clerk.asked if asked.startswith("worker")} == {
        "spoon",
        "lamp (blue)",
    }
    assert counts.reused == 2


async def test_identical_rows_are_rows_of_their_own(shop: Shop):
    """Two rows with the same content are two runs, and neither is run again."""
    shop.write(["mug", "mug"])
    counts = await shop.run()
    assert counts.calls == 6
    assert (await shop.run()).calls == 0


async def test_another_task_or_recipe_or_model_is_other_work(shop: Shop):
    """A row is run again when what is done with it changes, and not when only its limits do."""
    work = shop.setup().work
    assert shop.setup(attempts=1, concurrency=3, max_tokens_total=5).work.key == work.key
    assert shop.setup(language="de").work.key != work.key
    assert shop.setup(subtasks=(2, 2)).work.key != work.key
    assert shop.setup(synthesis="merge").work.key != work.key
    assert shop.setup(recipe="creative-writing").work.key != work.key


async def test_a_row_goes_on_where_it_was_stopped(shop: Shop):
    """A batch that is cancelled in the middle of a row goes on with the text that is missing."""
    shop.write(["mug"])
    reached, release = anyio.Event(), anyio.Event()

    async def hold(request, name):
        if "write b" in request.prompt:
            reached.set()
            await release.wait()

    shop.clerk.fault = hold
    async with anyio.create_task_group() as group:
        group.start_soon(shop.run)
        await reached.wait()
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert shop.clerk.asked == ["orchestrator mug", "worker mug a", "worker mug b"]
    shop.clerk.asked.clear()
    shop.clerk.fault = None
    counts = await shop.run()
    assert shop.clerk.asked == ["worker mug b"]
    assert counts.statuses == {"complete": 1}


async def test_a_poisoned_row_fails_alone(shop: Shop):
    """A row that the model always answers with nonsense fails after bounded attempts; its neighbours are whole."""

    async def poison(request, name):
        return "no plan at all" if name == "bomb" else None

    shop.clerk.fault = poison
    shop.write(["mug", "bomb", "lamp"])
    counts = await shop.run()
    assert counts.statuses == {"complete": 2, "failed": 1}
    assert sum("bomb" in asked for asked in shop.clerk.asked) <= 3
    assert counts.stopped is None
    assert shop.results()["bomb"].error


async def test_a_row_that_raises_fails_alone(shop: Shop, monkeypatch):
    """A row that brings a bug to light is a failed row, said in one line; its neighbours are whole."""
    from stretto.batch import row_runner as running

    real = running.Task.of

    def of(text, context):
        if "bomb" in text:
            raise RuntimeError("boom")
        return real(text, context)

    monkeypatch.setattr(running.Task, "of", of)
    monkeypatch.setattr("stretto.batch.tables.column_mapping.Task", type("Bare", (), {"of": staticmethod(real)}))
    shop.write(["mug", "bomb"])
    counts = await shop.run()
    assert counts.statuses == {"complete": 1, "failed": 1}
    assert "RuntimeError: boom" in shop.results()["bomb"].error


async def test_a_row_without_a_task_fails_alone(shop: Shop):
    """A row whose task would be about nothing fails without a call."""
    shop.table.write_text("name,note\nmug,x\n,y\n")
    counts = await shop.run()
    assert counts.statuses == {"complete": 1, "failed": 1}
    assert "nothing to be about" in next(iter(counts.reasons))
    assert len(shop.clerk.asked) == 3


async def test_what_failed_for_good_is_tried_again_only_when_asked(shop: Shop):
    """The same command leaves failed rows and texts as they are; retry_errors tries just those again."""

    async def fault(request, name):
        if name == "bomb":
            return "no plan at all"
        return "" if name == "lamp" and "write b" in request.prompt else None

    shop.clerk.fault = fault
    shop.write(["mug", "bomb", "lamp"])
    await shop.run()
    shop.clerk.fault = None
    shop.clerk.asked.clear()
    counts = await shop.run()
    assert shop.clerk.asked == []
    assert counts.statuses == {"complete": 1, "failed": 1, "partial": 1}
    counts = await shop.run(retry_errors=True)
    assert sorted(shop.clerk.asked) == ["orchestrator bomb", "worker bomb a", "worker bomb b", "worker lamp b"]
    assert counts.statuses == {"complete": 3}


async def test_what_failed_by_circumstance_is_tried_again(shop: Shop):
    """A row that failed because the provider was away is run by the same command, without being asked."""

    async def away(request, name):
        raise ModelError("away", kind="server", model="clerk")

    shop.clerk.fault = away
    shop.write(["mug"])
    setup = shop.setup(attempts=1)
    assert (await shop.run(setup=setup)).statuses == {"failed": 1}
    shop.clerk.fault = None
    assert (await shop.run()).statuses == {"complete": 1}


async def test_the_budget_is_the_whole_batchs(shop: Shop):
    """Past the budget no further row is begun; what a batch used before counts, and a higher budget goes on."""
    shop.write([f"thing {number}" for number in range(20)])
    setup = shop.setup(max_tokens_total=18_000, concurrency=1)
    counts = await shop.run(setup=setup)
    assert counts.stopped
    assert counts.stopped.kind == "budget"
    assert 0 < counts.statuses["complete"] < 20
    assert setup.budget_tracker.total.usage.total_tokens <= 18_000
    calls = len(shop.clerk.asked)
    await shop.run(setup=shop.setup(max_tokens_total=setup.budget_tracker.total.usage.total_tokens + 1, concurrency=1))
    assert len(shop.clerk.asked) == calls
    assert (await shop.run()).statuses == {"complete": 20}
    assert len(shop.clerk.asked) == 60


async def test_a_deadline_stops_the_batch(shop: Shop):
    """Past the deadline no row is begun, and those under way end."""

    async def never(request, name):
        await anyio.sleep_forever()

    shop.clerk.fault = never
    shop.write([f"thing {number}" for number in range(50)])
    counts = await shop.run(setup=replace(shop.setup(), deadline=0.05))
    assert counts.stopped
    assert counts.stopped.kind == "deadline"
    assert counts.done < 50


async def test_a_key_that_is_refused_stops_the_batch(shop: Shop):
    """What every further row would meet too stops the batch after the rows under way."""

    async def refuse(request, name):
        raise ModelError("no such key", kind="authentication", model="clerk")

    shop.clerk.fault = refuse
    shop.write([f"thing {number}" for number in range(200)])
    counts = await shop.run(setup=shop.setup(concurrency=2))
    assert counts.stopped
    assert counts.stopped.kind == "authentication"
    assert counts.done <= 8


async def test_a_provider_that_stays_away_stops_the_batch(shop: Shop):
    """When row after row fails by circumstance, no further one is begun."""

    async def away(request, name):
        raise ModelError("away", kind="server", model="clerk")

    shop.clerk.fault = away
    shop.write([f"thing {number}" for number in range(200)])
    counts = await shop.run(setup=shop.setup(concurrency=2, attempts=1))
    assert counts.stopped
    assert 25 <= counts.done <= 30


async def test_calls_stay_within_the_limit_and_rows_in_flight_are_few(shop: Shop):
    """Calls at a time are those of the concurrency limit, and the table is read no further than rows are under way."""
    shop.write([f"thing {number}" for number in range(60)])
    begun: set[str] = set()
    widest = 0

    async def watch(request, name):
        nonlocal widest
        begun.add(name)
        widest = max(widest, len(begun) - tally_box[0].done)

    input_table, setup = shop.input_table(), shop.setup(concurrency=4)
    from stretto.batch.local.runner import BatchRunner
    from stretto.batch.progress import BatchProgress

    counts = BatchProgress(clock=lambda: 0.0, total=input_table.total)
    tally_box = [counts]
    shop.clerk.fault = watch
    await BatchRunner(input_table, setup, journal=None, store=shop.store, counts=counts).run()
    assert counts.statuses == {"complete": 60}
    assert shop.clerk.most_at_work == 4
    assert widest <= 8


async def test_the_output_is_in_the_order_of_the_input(shop: Shop, tmp_path):
    """Rows that end out of order are written in order."""
    names = [f"thing {number}" for number in range(12)]
    gates = {name: anyio.Event() for name in names[:3]}

    async def late(request, name):
        if name in gates and request.role == "orchestrator":
            await gates[name].wait()
        elif name == names[11]:
            for gate in reversed(gates.values()):
                gate.set()

    shop.clerk.fault = late
    shop.write(names)
    input_table = shop.input_table()
    await shop.run(input_table=input_table)
    with input_table.rows() as rows:
        write_output(tmp_path / "out.csv", input_table.table.columns, rows, lambda row: shop.store.get(row.id))
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [name for name in names for _ in "ab"]


async def test_nothing_is_streamed(shop: Shop, monkeypatch):
    """No call of a batch is told to hand on pieces of text, the plan's neither."""
    from stretto.models import FunctionModel

    listeners = []
    real = FunctionModel.respond

    async def respond(self, request, on_text=None):
        listeners.append(on_text)
        return await real(self, request, on_text)

    monkeypatch.setattr(FunctionModel, "respond", respond)
    shop.write(["mug"])
    await shop.run()
    assert listeners == [None] * 3


async def test_without_a_journal_nothing_is_kept(shop: Shop):
    """Without a journal every run of the batch is the first."""
    shop.journal = None
    shop.write(["mug"])
    await shop.run()
    assert (await shop.run()).calls == 3


async def test_a_row_of_many_is_resumed_from_a_file(shop: Shop, tmp_path):
    """With the journal in a file the same batch makes no call in another process's place."""
    shop.write(["mug", "lamp"])
    for calls in (6, 0):
        async with open_journal(tmp_path / "journal.db") as journal:
            shop.journal = journal  # type: ignore[assignment]
            assert (await shop.run()).calls == calls


async def test_only_the_end_of_a_short_row_is_told(shop: Shop):
    """The journal keeps no event of a complete row, and of a short one only how it ended."""

    async def fault(request, name):
        return "no plan at all" if name == "bomb" else None

    shop.clerk.fault = fault
    shop.write(["mug", "bomb"])
    await shop.run()
    assert isinstance(shop.journal, MemoryJournal)
    results = shop.results()
    assert await shop.journal.events(results["mug"].run_id) == ()
    assert [event.kind for event in await shop.journal.events(results["bomb"].run_id)] == ["run_completed"]


@pytest.mark.parametrize("kind", ["memory", "sql"])
async def test_the_same_batch_twice_at_once_pays_for_each_row_once(shop: Shop, kind: str):
    """Each row is run by one of them; the other says so, and the same command has every row afterwards."""
    names = [f"cup{number}" for number in range(30)]
    shop.write(names)
    async with open_journal(shop.folder / "journal.db") as one, open_journal(shop.folder / "journal.db") as two:
        shared = MemoryJournal()
        shops = [
            replace(shop, journal=journal, store=ResultStore())
            for journal in ((shared, shared), (one, two))[kind == "sql"]
        ]
        tallies = []

        async def run(own: Shop) -> None:
            tallies.append(await own.run())

        async with anyio.create_task_group() as group:
            for own in shops:
                own.write(names)
                group.start_soon(run, own)
        assert len(shop.clerk.asked) == len(set(shop.clerk.asked)) == 3 * len(names)
        elsewhere = "The row is being carried out by another process; wait until that has ended."
        assert {reason for counts in tallies for reason in counts.reasons} <= {elsewhere}
        for counts in tallies:
            assert counts.statuses["complete"] + counts.reasons[elsewhere] == len(names)
        assert (await shops[0].run()).calls == 0
        assert {result.status for result in shops[0].results().values()} == {"complete"}


def test_a_slow_call_is_told_by_the_calls_of_all_rows(shop: Shop):
    """With `hedge`, a row of two texts knows from the other rows that one of its calls hangs, and has it made again."""
    hung: list[str] = []

    async def fault(request: ModelRequest, name: str) -> str | None:
        if request.role == "worker":
            hangs = name == "slow" and not hung
            hung.extend([name] if hangs else [])
            await anyio.sleep(60.0 if hangs else 1.0)
        return None

    shop.clerk.fault = fault
    shop.write([*(f"quick {number}" for number in range(12)), "slow"])
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        counts = runner.run(shop.run(setup=shop.setup(hedge=True)))
        seconds = runner.get_loop().time()
    assert counts.statuses == {"complete": 13}
    assert counts.calls == 13 * 3 + 1
    assert seconds < 60
