"""Stalled rows: retried when their worker is dead, given up after five crashes."""

import pytest

from stretto.batch.queue import open_queue
from stretto.batch.queue.procrastinate_app import QUEUE
from stretto.batch.queue.queue import Queue
from stretto.batch.queue.workers.stalled_rows import retry_stalled_rows
from tests.batch.queue.conftest import QueueHarness


@pytest.mark.anyio
async def test_rows_of_a_dead_worker_are_retried(harness: QueueHarness):
    """A row whose worker sends no more heartbeats is retried; one of a live worker is left alone."""
    harness.write(["cup", "mug"])
    await harness.submit()
    async with open_queue(harness.url) as queue:
        jobs = queue.app.job_manager
        dead, live = await jobs.register_worker(), await jobs.register_worker()
        fetched = [await jobs.fetch_job(queues=[QUEUE], worker_id=worker) for worker in (dead, live)]
        assert all(fetched)
        await retry_stalled_rows(queue)
        assert await waiting(queue) == 0
        await queue.transact(lambda c: c.execute(_STOP_HEARTBEAT, [dead]))
        await retry_stalled_rows(queue)
        assert await waiting(queue) == 1


_STOP_HEARTBEAT = b"UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = %s"


async def waiting(queue: Queue) -> int:
    """Return how many rows no worker has."""
    cursor = await queue.transact(lambda c: c.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))
    row = await cursor.fetchone()
    assert row
    return row[0]


@pytest.mark.anyio
async def test_a_row_that_crashes_its_workers_is_given_up(harness: QueueHarness):
    """After five workers that never came back a row fails with that reason, and the next one is run."""
    harness.write(["failing", "cup"])
    batch_id = await harness.submit()
    async with open_queue(harness.url) as queue:
        begun = b"UPDATE stretto_batch_rows SET begun = 5 WHERE place = 0"
        await queue.transact(lambda c: c.execute(begun))
    async with harness.workers():
        batch = await harness.ended(batch_id)
    assert batch.statuses == {"failed": 1, "complete": 1}
    assert "5 workers died" in next(iter(batch.reasons))
    assert [row["row_status"] for row in await harness.rows(batch_id)] == ["failed", "complete", "complete"]
