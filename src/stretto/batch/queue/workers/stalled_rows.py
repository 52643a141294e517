"""Retries stalled rows: those of workers that died, were cut off, or lost the database at a bad moment."""

from psycopg import AsyncConnection

from stretto.batch.queue.procrastinate_app import QUEUE
from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.heartbeats import STALL_SECONDS

# Any number that nothing else in the same database locks.
_RETRY_LOCK = 7_287_386_157


async def retry_stalled_rows(queue: Queue) -> None:
    """Put the rows of dead workers back into the queue; raises `QueueError` and `ConnectorException`."""

    async def retry(connection: AsyncConnection) -> None:
        # One worker at a time: a second one could put a row back that a third had claimed in between.
        cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [_RETRY_LOCK])
        row = await cursor.fetchone()
        if not row or not row[0]:
            return
        jobs = queue.app.job_manager
        await jobs.prune_stalled_workers(STALL_SECONDS)
        for job in await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALL_SECONDS):
            await jobs.retry_job(job)

    await queue.transact(retry, retry=False)
