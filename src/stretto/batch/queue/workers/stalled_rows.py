"""Offers rows again that a worker had when it died, was cut off, or lost the database in a bad moment."""

from psycopg import AsyncConnection

from stretto.batch.queue.procrastinate_app import QUEUE
from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.batches import ALIVE_SECONDS

# Any number that nothing else in the same database locks.
_SWEEP_LOCK = 7_287_386_157


async def offer_again(queue: Queue) -> None:
    """Put such rows back into the queue; raises `QueueError` and procrastinate's `ConnectorException`."""

    async def sweep(connection: AsyncConnection) -> None:
        # One worker at a time: a second one could put a row back that a third had taken in between.
        cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SWEEP_LOCK])
        row = await cursor.fetchone()
        if not row or not row[0]:
            return
        jobs = queue.app.job_manager
        await jobs.prune_stalled_workers(ALIVE_SECONDS)
        for job in await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=ALIVE_SECONDS):
            await jobs.retry_job(job)

    await queue.transact(sweep, again=False)
