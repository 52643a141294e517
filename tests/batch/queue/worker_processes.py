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
from stretto.batch.queue.storage.heartbeats import live_workers
from stretto.core.journal import OutcomeKey, SavedRun
from stretto.journal import open_journal
from tests.batch.queue.conftest import QueueHarness

_ROOT = Path(__file__).parents[3]
STALL = 15.0
"""Seconds after which these workers count another one as dead."""


class WorkerProcess:
    """A `stretto worker` in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def send_sigterm(self) -> None:
        """Send what a supervisor sends first."""
        self.process.send_signal(signal.SIGTERM)

    def drained(self) -> int:
        """Return its exit code once it has ended."""
        return self.process.wait()

    def wait_for_output(self, words: str) -> None:
        """Return once it wrote these words for a person."""
        while words not in self.output:
            assert self.process.poll() is None, f"The worker never wrote {words!r}, but {self.output!r}."
            time.sleep(0.02)

    @property
    def output(self) -> str:
        """What it wrote for a person."""
        return self._output.read_text()


@contextmanager
def worker_process(
    harness: QueueHarness, *, concurrency: int = 4, url: str = "", prefix: Sequence[str] = ()
) -> Iterator[WorkerProcess]:
    """Yield a worker; none outlives the block.

    `prefix` is a command that runs it, such as one in a namespace, where the queue may have another `url`.
    """
    output = harness.folder / f"worker-{len(list(harness.folder.glob('worker-*')))}"
    command = [
        sys.executable,
        "-m",
        "tests.batch.queue.short_timeouts",
        f"{STALL}",
        "worker",
        "--queue",
        url or harness.url,
    ]
    environ = os.environ | {"OPENAI_API_KEY": "any", "STRETTO_CONFIG_DIR": str(harness.folder)}
    with (
        output.open("wb") as stderr,
        subprocess.Popen(
            [*prefix, *command, "--concurrency", f"{concurrency}"], stderr=stderr, env=environ, cwd=_ROOT
        ) as process,
    ):
        try:
            yield WorkerProcess(process, output)
        finally:
            process.kill()


def asked_again(harness: QueueHarness) -> int:
    """Return how many calls asked what an earlier one had asked."""
    return sum(number - 1 for number in Counter(call.digest for call in harness.simulator.calls).values())


async def in_flight(harness: QueueHarness, batch_id: str) -> int:
    """Return how many calls of rows without an end were begun whose outcome is not recorded."""
    async with open_queue(harness.url) as queue, open_journal(harness.url) as journal:
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


async def jobs_left(harness: QueueHarness) -> int:
    """Return how many jobs the queue holds, whatever their state."""

    async def count(connection: AsyncConnection) -> int:
        cursor = await connection.execute("SELECT count(*) FROM procrastinate_jobs")
        row = await cursor.fetchone()
        return row[0] if row else 0

    async with open_queue(harness.url) as queue:
        return await queue.transact(count)


async def as_recorded(harness: QueueHarness) -> list[tuple[object, ...]]:
    """Return all that the database has of the rows and their results."""

    async def read(connection: AsyncConnection) -> list[tuple[object, ...]]:
        cursor = await connection.execute(
            "SELECT * FROM stretto_batch_rows JOIN stretto_batch_texts USING (batch_id, place) ORDER BY place"
        )
        return await cursor.fetchall()

    async with open_queue(harness.url) as queue:
        return await queue.transact(read)


async def heartbeat(harness: QueueHarness) -> None:
    """Return once a worker has sent a heartbeat."""
    query = b"SELECT now(), max(last_heartbeat) FROM procrastinate_workers"
    began: object = None
    async with open_queue(harness.url) as queue:
        while True:
            cursor = await queue.transact(lambda connection: connection.execute(query))
            row = await cursor.fetchone()
            assert row
            began = began or row[0]
            if row[1] and row[1] > began:
                return
            await anyio.sleep(0.1)


async def held(harness: QueueHarness, number: int) -> None:
    """Return once so many calls of workers wait for an answer."""
    await anyio.to_thread.run_sync(
        harness.simulator.until,
        lambda calls: sum(call.role == "worker" and call.end == "open" for call in calls) >= number,
    )


async def alive(harness: QueueHarness, number: int) -> None:
    """Return once so many workers are alive."""
    async with open_queue(harness.url) as queue:
        while len(await queue.transact(live_workers)) != number:  # noqa: ASYNC110 - only the database knows
            await anyio.sleep(0.1)


async def delivered(harness: QueueHarness, number: int) -> None:
    """Return once so many answers went out."""
    await anyio.to_thread.run_sync(
        harness.simulator.until, lambda calls: sum(call.delivered for call in calls) >= number
    )
