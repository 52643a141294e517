"""The SQL that puts rows into the queue, puts unfinished ones in again, and reads rows with their results."""

from collections.abc import Sequence
from dataclasses import dataclass

from procrastinate import App
from psycopg import AsyncConnection

from stretto.batch.queue.procrastinate_app import TASK, new_row_job
from stretto.batch.queue.storage.serialization import result_from_bytes, row_from_bytes
from stretto.batch.tables import Row, RowResult

_PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRow:
    """A row as it is put into the queue."""

    place: int
    """Among all rows of the table, from 0."""
    run_id: str
    input: bytes
    status: str | None = None
    """None for a row that is to be run; kept for one that is only written out again; failed for one without a task."""
    result: bytes | None = None


async def enqueue_rows(
    connection: AsyncConnection, app: App, batch_id: str, rows: Sequence[NewRow], *, priority: int
) -> None:
    """Put rows into the queue; those that are there already are left as they are."""
    fresh = await _insert_rows(connection, batch_id, rows)
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO stretto_batch_texts (batch_id, place, input, result) VALUES (%s, %s, %s, %s)",
            [(batch_id, row.place, row.input, row.result) for row in rows if row.place in fresh],
        )
    jobs = [
        new_row_job(batch_id, row.place, row.run_id, retry=False, priority=priority)
        for row in rows
        if row.place in fresh and row.status is None
    ]
    if jobs:
        await app.job_manager.batch_defer_jobs_async(jobs, connection=connection)


async def _insert_rows(connection: AsyncConnection, batch_id: str, rows: Sequence[NewRow]) -> set[int]:
    cursor = await connection.execute(
        """
        INSERT INTO stretto_batch_rows (batch_id, place, run_id, status, usd, ended_at)
        SELECT %(batch)s, place, run_id, status, CASE WHEN status IS NULL THEN NULL ELSE 0 END,
            CASE WHEN status IS NULL THEN NULL ELSE now() END
        FROM unnest(%(places)s::bigint[], %(runs)s::text[], %(statuses)s::text[]) AS given (place, run_id, status)
        ON CONFLICT DO NOTHING RETURNING place
        """,
        {
            "batch": batch_id,
            "places": [row.place for row in rows],
            "runs": [row.run_id for row in rows],
            "statuses": [row.status for row in rows],
        },
    )
    return {row[0] for row in await cursor.fetchall()}


async def requeue_rows(
    connection: AsyncConnection, app: App, batch_id: str, after: int, *, retry_errors: bool, priority: int
) -> int | None:
    """Put rows into the queue again that have no result, or one that may be better now, and are not in it.

    They are taken some at a time past a place; returns the last one, None when there are no more.
    """
    cursor = await connection.execute(
        """
        SELECT place, run_id FROM stretto_batch_rows AS row
        WHERE batch_id = %(batch)s AND place > %(after)s
            AND (status IS NULL OR status IN ('partial', 'failed') AND run_id <> '' AND (retryable OR %(failed)s))
            AND NOT EXISTS (
                SELECT FROM procrastinate_jobs WHERE task_name = %(task)s AND status IN ('todo', 'doing')
                AND args ->> 'batch' = row.batch_id AND (args ->> 'place')::bigint = row.place)
        ORDER BY place LIMIT %(page)s
        """,
        {"batch": batch_id, "after": after, "failed": retry_errors, "task": TASK, "page": _PAGE},
    )
    found = await cursor.fetchall()
    if not found:
        return None
    places = [place for place, _ in found]
    await connection.execute(
        """
        UPDATE stretto_batch_rows SET status = NULL, begun = 0, reason = '', texts = 0, calls = 0, remarked = 0
        WHERE batch_id = %s AND place = ANY (%s)
        """,
        [batch_id, places],
    )
    jobs = [new_row_job(batch_id, place, run_id, retry=retry_errors, priority=priority) for place, run_id in found]
    await app.job_manager.batch_defer_jobs_async(jobs, connection=connection)
    return places[-1]


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRow:
    """A row with its result."""

    place: int
    row: Row
    result: RowResult | None
    """None while there is none."""
    seconds: float
    reused: bool


async def read_rows(connection: AsyncConnection, batch_id: str, after: int) -> list[StoredRow]:
    """Return some rows past a place, in the order of the table; none at its end."""
    cursor = await connection.execute(
        """
        SELECT place, input, result, seconds, reused
        FROM stretto_batch_texts JOIN stretto_batch_rows USING (batch_id, place)
        WHERE batch_id = %s AND place > %s ORDER BY place LIMIT %s
        """,
        [batch_id, after, _PAGE],
    )
    return [
        StoredRow(
            place=place,
            row=row_from_bytes(given),
            result=result_from_bytes(result) if result else None,
            seconds=seconds,
            reused=reused,
        )
        for place, given, result, seconds, reused in await cursor.fetchall()
    ]
