"""Prints what keeping a call costs: `python -m benchmarks.journal`, or with an address of a Postgres database."""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from stretto.core.journal import Journal
from stretto.journal import open_journal
from tests.journal.samples import end, result, start, worker

TEXT = "Keeps tea hot for twelve hours. " * 50
CALLS_A_ROW = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """What a number of calls took."""

    calls: int
    cpu: float
    wall: float

    def __str__(self) -> str:
        each = 1000 / self.calls
        return f"{self.cpu * each:6.3f} ms CPU   {self.wall * each:6.3f} ms   {self.calls / self.wall:7,.0f} calls/s"


async def measure(journal: Journal, name: str, calls: int, at_once: int) -> Measure:
    """Keep the start, the end and the outcome of every call, so many at once, four calls a run."""
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            run_id, call_id = f"{name}-{number // CALLS_A_ROW}", f"{number}"
            await journal.start_call(run_id, start(call_id))
            await journal.end_call(run_id, end(call_id))
            await journal.record(run_id, worker(number), result(number, TEXT))

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return Measure(calls=calls, cpu=time.process_time() - cpu, wall=time.perf_counter() - wall)


async def main(place: str) -> None:
    """Measure one call at a time and many at once, then whether it stays so as the journal grows."""
    async with open_journal(place) as journal:
        print(f"Start, end and outcome (1.6 kB) of a call, in {journal.place}:")
        await measure(journal, "warm", 100, 10)
        for at_once in (1, 10, 50, 200):
            print(f"  {at_once:4} at once  {await measure(journal, f'c{at_once}', 2_000, at_once)}")
        for part in range(1, 6):
            print(f"  to {part * 10_000:6,} calls  {await measure(journal, f'p{part}', 10_000, 50)}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(main(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(main(str(Path(folder) / "journal.db")))
