"""A process that writes into a journal: `python -m tests.journal.process PLACE RUN COUNT`. Says what it has kept."""

import sys

import anyio

from stretto.journal import open_journal
from tests.journal.samples import end, result, start, worker


async def main(place: str, run_id: str, count: int) -> None:
    """Keep calls and results one after the other, in its own run and in one that it shares."""
    async with open_journal(place) as journal:
        await journal.open_run(run_id, {"task": run_id})
        for number in range(count):
            await journal.start_call(run_id, start(f"{run_id}-{number}"))
            await journal.end_call(run_id, end(f"{run_id}-{number}"))
            await journal.record(run_id, worker(number), result(number, run_id))
            shared = await journal.record("shared", worker(number), result(number, run_id))
            print(number, shared.text, flush=True)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], int(sys.argv[3]))
