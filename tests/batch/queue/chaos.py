"""Worker processes that are killed, cut off and drained, and what their provider and their database saw of it."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio
from psycopg import AsyncConnection

from stretto.batch.queue import open_queue
from stretto.batch.queue.storage import batches
from stretto.core.journal import OutcomeKey, SavedRun
from stretto.journal import open_journal
from tests.batch.queue.conftest import Depot

_ROOT = Path(__file__).parents[3]
STALL = 15.0
"""Seconds after which these workers hold another one for dead."""


class WorkerProcess:
    """A `stretto worker` in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self.process = process
        self._said = said

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def tell_to_stop(self) -> None:
        """Send what a supervisor sends first."""
        self.process.send_signal(signal.SIGTERM)

    def drained(self) -> int:
        """Return its exit code once it has ended."""
        return self.process.wait()

    def hears(self, words: str) -> None:
        """Return once it told a person so."""
        while words not in self.said:
            assert self.process.poll() is None, f"The worker never said {words!r}, but {self.said!r}."
            time.sleep(0.02)

    @property
    def said(self) -> str:
        """What it told a person."""
        return self._said.read_text()


@contextmanager
def at_work(
    depot: Depot, *, concurrency: int = 4, url: str = "", prefix: Sequence[str] = ()
) -> Iterator[WorkerProcess]:
    """Yield a worker; none outlives the block.

    `prefix` is a command that runs it, such as one in a namespace, where the queue may have another `url`.
    """
    said = depot.folder / f"worker-{len(list(depot.folder.glob('worker-*')))}"
    command = [sys.executable, "-m", "tests.batch.queue.impatient", f"{STALL}", "worker", "--queue", url or depot.url]
    environ = os.environ | {"OPENAI_API_KEY": "any", "STRETTO_CONFIG_DIR": str(depot.folder)}
    with (
        said.open("wb") as stderr,
        subprocess.Popen(
            [*prefix, *command, "--concurrency", f"{concurrency}"], stderr=stderr, env=environ, cwd=_ROOT
        ) as process,
    ):
        try:
            yield WorkerProcess(process, said)
        finally:
            process.kill()


def asked_again(depot: Depot) -> int:
    """Return how many calls asked what an earlier one had asked."""
    return sum(number - 1 for number in Counter(call.digest for call in depot.simulator.calls).values())


async def in_flight(depot: Depot, batch_id: str) -> int:
    """Return how many calls of rows without an end were begun whose outcome is not recorded."""
    async with open_queue(depot.url) as queue, open_journal(depot.url) as journal:
        run_ids = await queue.transact(partial(_under_way, batch_id=batch_id))
        return sum([_unrecorded(await journal.load(run_id)) for run_id in run_ids])


async def _under_way(connection: AsyncConnection, batch_id: str) -> list[str]:
    cursor = await connection.execute(
        "SELECT run_id FROM stretto_batch_rows WHERE batch_id = %s AND begun > 0 AND status IS NULL", [batch_id]
    )
    return [row[0] for row in await cursor.fetchall()]


def _unrecorded(saved: SavedRun) -> int:
    keys = [
        OutcomeKey(role=start.role, subtask_id=start.subtask_id, revision=start.revision)
        for start in saved.starts.values()
    ]
    return sum(key not in saved.outcomes for key in keys)


async def jobs_left(depot: Depot) -> int:
    """Return how many jobs the queue holds, whatever their state."""

    async def count(connection: AsyncConnection) -> int:
        cursor = await connection.execute("SELECT count(*) FROM procrastinate_jobs")
        row = await cursor.fetchone()
        return row[0] if row else 0

    async with open_queue(depot.url) as queue:
        return await queue.transact(count)


async def as_recorded(depot: Depot) -> list[tuple[object, ...]]:
    """Return all that the database has of the rows and their results."""

    async def read(connection: AsyncConnection) -> list[tuple[object, ...]]:
        cursor = await connection.execute(
            "SELECT * FROM stretto_batch_rows JOIN stretto_batch_texts USING (batch_id, place) ORDER BY place"
        )
        return await cursor.fetchall()

    async with open_queue(depot.url) as queue:
        return await queue.transact(read)


async def heartbeat(depot: Depot) -> None:
    """Return once a worker has said that it lives."""
    query = b"SELECT now(), max(last_heartbeat) FROM procrastinate_workers"
    began: object = None
    async with open_queue(depot.url) as queue:
        while True:
            cursor = await queue.transact(lambda connection: connection.execute(query))
            row = await cursor.fetchone()
            assert row
            began = began or row[0]
            if row[1] and row[1] > began:
                return
            await anyio.sleep(0.1)


async def held(depot: Depot, number: int) -> None:
    """Return once so many calls of workers wait for an answer."""
    await anyio.to_thread.run_sync(
        depot.simulator.until,
        lambda calls: sum(call.role == "worker" and call.end == "open" for call in calls) >= number,
    )


async def alive(depot: Depot, number: int) -> None:
    """Return once so many workers are alive."""
    async with open_queue(depot.url) as queue:
        while len(await queue.transact(batches.alive)) != number:  # noqa: ASYNC110 - only the database knows
            await anyio.sleep(0.1)


async def delivered(depot: Depot, number: int) -> None:
    """Return once so many answers went out."""
    await anyio.to_thread.run_sync(depot.simulator.until, lambda calls: sum(call.delivered for call in calls) >= number)
