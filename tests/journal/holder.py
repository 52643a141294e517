"""A process that wants to carry out a run: `python -m tests.journal.holder PLACE RUN`. Says what came of each order."""

import sys

import anyio
from anyio.to_thread import run_sync

from stretto.core.errors import UnderWayError
from stretto.journal import open_journal


async def main(place: str, run_id: str) -> None:
    """Open the journal; then, for each line on stdin, take the run, or leave or close it; end with stdin."""
    async with open_journal(place) as journal:
        await journal.load(run_id)
        print("ready", flush=True)
        while order := (await run_sync(sys.stdin.readline)).strip():
            try:
                match order:
                    case "open":
                        said = "new" if await journal.open_run(run_id, {"task": "t"}) else "known"
                    case "hold":
                        said = f"held after {await journal.hold_run(run_id)}"
                    case "leave":
                        said = str(await journal.leave_run(run_id))
                    case _:
                        said = str(await journal.close_run(run_id, order))  # pyright: ignore[reportArgumentType]
            except UnderWayError as error:
                said = f"refused: {error}"
            print(said, flush=True)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2])
