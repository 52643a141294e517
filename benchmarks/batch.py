"""Prints what a row of a batch costs, what of it the journal, and whether that stays so: `python -m benchmarks.batch`.

Rows are planned and written by a function in this process, which leaves nothing but our own work to be measured, and by
a simulated provider that answers at once, in a process of its own, through the provider's own client over a socket.
"""

import argparse
import asyncio
import gc
import itertools
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from stretto.app.settings.loading import Settings
from stretto.batch.input_table import open_input_table
from stretto.batch.local_runner import BatchRunner
from stretto.batch.progress import BatchProgress
from stretto.batch.setup import BatchSetup, open_setup
from stretto.batch.tables import ResultStore
from stretto.core.models import ModelRequest, OnText
from stretto.journal import open_journal
from stretto.journal.sql.sql_journal import SqlJournal
from stretto.models import FunctionModel
from tests.simulator.hosting import SimulatorProcess

TASK = "Write a product description for {name}"
SUBTASKS = 3
CALLS_A_ROW = 1 + SUBTASKS
TEXT = """<response>A bottle that keeps up with your day

Steel outside, a vacuum between, and a lid that closes with half a turn: tea that was poured at breakfast is still hot \
on the last train home. It holds 750 ml, fits the holder of a bicycle and the side pocket of most bags, and weighs no \
more than it must.

- Hot for 12 hours, cold for 24
- A wide mouth that takes ice and a brush
- No plastic where the drink touches it

The coating is dull and dry to the touch, so it stays in the hand when it rains. Take the lid apart without tools and \
put every piece in the dishwasher. Made to be dropped now and then: the foot is rolled steel, not a glued cap.

Ask us for the colour you want; we engrave a name of up to ten letters, and send it in three days.</response>"""
KINDS = ("formal", "playful", "plain")
PLAN = "<analysis>Three readers, three voices.</analysis><tasks>{}</tasks>".format(
    "".join(f"<task><type>{kind}</type><description>Write a {kind} text.</description></task>" for kind in KINDS)
)
# Rows; a machine is never equally fast for long, so what is compared lies close together.
SLICE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Where rows come from and who writes them."""

    folder: Path
    setup: BatchSetup

    async def run(
        self, first: int, count: int, journal: SqlJournal | None, *, marks: list[float] | None = None
    ) -> float:
        """Run so many rows from a number on; return the seconds of CPU. `marks` takes the CPU clock after each row."""
        table = self.folder / "rows.csv"
        table.write_text("name,price\n" + "".join(f"Thing {first + n},{n}.90\n" for n in range(count)))
        input_table = open_input_table(table, task=TASK, recipe=self.setup.job.recipe)
        counts = BatchProgress(clock=time.monotonic, total=count)
        store = ResultStore()
        began = time.process_time()
        await BatchRunner(
            input_table,
            self.setup,
            journal=journal,
            store=store,
            counts=counts,
            on_row=None if marks is None else lambda row, outcome: marks.append(time.process_time()),
        ).run()
        took = time.process_time() - began
        store.close()
        assert counts.statuses == {"complete": count}, (counts.statuses, counts.reasons)
        assert counts.calls == CALLS_A_ROW * count
        return took


async def answer(request: ModelRequest, say: OnText) -> str:
    """Answer at once."""
    return PLAN if request.role == "orchestrator" else TEXT


@contextmanager
def function(folder: Path, concurrency: int) -> Iterator[Bench]:
    """Give a bench whose rows are written by a function."""
    setup = open_setup(Settings(model="demo", concurrency=concurrency, subtasks=(3, 3)), task=TASK, keys={})
    model = FunctionModel(answer)
    role_models = replace(setup.job.role_models, orchestrator=model, worker=model, synthesis=model)
    yield Bench(folder=folder, setup=replace(setup, job=replace(setup.job, role_models=role_models)))


@contextmanager
def simulator(folder: Path, concurrency: int) -> Iterator[Bench]:
    """Give a bench whose rows are written by a simulated provider that does not wait."""
    with SimulatorProcess("--speed", "inf", "--subtasks", str(SUBTASKS)) as provider:
        settings = Settings(
            model="openai-chat:gpt-5.2", base_url=provider.openai_url, concurrency=concurrency, subtasks=(3, 3)
        )
        yield Bench(folder=folder, setup=open_setup(settings, task=TASK, keys={"OPENAI_API_KEY": "any"}))


async def compare(bench: Bench, journal: SqlJournal, slices: int) -> None:
    """Run slices with and without the journal in turn, and print the difference."""
    numbers = itertools.count(1_000_000, SLICE)
    spent = {True: 0.0, False: 0.0}
    await bench.run(next(numbers), SLICE, journal)  # What is done once for a process is not to count.
    for turn in range(slices):
        for kept in (True, False) if turn % 2 else (False, True):
            spent[kept] += await bench.run(next(numbers), SLICE, journal if kept else None)
    rows = slices * SLICE
    for kept, name in ((False, "without a journal"), (True, "with a journal")):
        each = 1000 * spent[kept] / rows
        print(f"  {name:20} {each / CALLS_A_ROW:6.3f} ms CPU a call  {each:7.2f} ms a row")
    overhead = 1000 * (spent[True] - spent[False]) / rows / CALLS_A_ROW
    print(f"  the journal itself   {overhead:6.3f} ms CPU a call  ({rows:,} rows each, in turn)")


async def grow(bench: Bench, journal: SqlJournal, rows: int) -> None:
    """Run one batch and print what its rows cost as it grows."""
    marks = [time.process_time()]
    await bench.run(0, rows, journal, marks=marks)
    for place in [mark for mark in (1_000, 3_000, 10_000, 30_000, 100_000) if mark <= rows]:
        print(f"  first {place:7,} rows   {1000 * (marks[place] - marks[0]) / place:6.2f} ms CPU a row")
    third = rows // 3
    first, last = marks[third] - marks[0], marks[3 * third] - marks[2 * third]
    print(f"  last third to first  {last / first:6.2f}")
    print(f"  peak memory          {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MB")


async def measure(bench: Bench, rows: int, slices: int) -> None:
    """Measure one way of writing rows."""
    gc.freeze()  # As the command does.
    async with open_journal(bench.folder / "journal.db") as journal:
        if rows:
            await grow(bench, journal, rows)
        if slices:
            await compare(bench, journal, slices)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="of the one long batch; 0 for none")
    parser.add_argument(
        "--slices", type=int, default=40, help=f"of {SLICE} rows with and without a journal; 0 for none"
    )
    parser.add_argument("--writer", choices=("function", "simulator", "both"), default="both")
    parser.add_argument("--concurrency", type=int, default=10, help="calls at a time; the command's default is 10, too")
    options = parser.parse_args()
    for name, host in (("function", function), ("simulator", simulator)):
        if options.writer in (name, "both"):
            with tempfile.TemporaryDirectory() as folder, host(Path(folder), options.concurrency) as bench:
                title = f"Rows of {CALLS_A_ROW} calls, {options.concurrency} calls at a time, answered by a {name}:"
                print(title, flush=True)
                asyncio.run(measure(bench, options.rows, options.slices))


if __name__ == "__main__":
    main()
