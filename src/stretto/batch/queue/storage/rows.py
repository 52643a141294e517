"""The SQL about single rows: put into the queue, taken out by a worker, ended, read back in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from procrastinate import App
from psycopg import AsyncConnection
from psycopg.rows import class_row

from stretto.batch.queue.batch_state import BatchState, RowEnd
from stretto.batch.queue.procrastinate_app import TASK, row_job
from stretto.batch.queue.storage.serialization import result_from_bytes, row_from_bytes
from stretto.batch.tables import Row, RowResult
from stretto.journal.serialization import dump

_PAGE = 500
_REASON = 300
"""Characters of a reason that is counted; the whole of it stands in the result."""


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What a worker that has taken a row is told."""

    input: bytes
    work: bytes
    state: BatchState
    opened_at: datetime
    """When the batch was last submitted."""
    status: str | None
    begun: int
    """How many times it was begun without coming to an end, this time included."""
    concurrency: int | None
    usd: Decimal | None
    """What all rows of the batch may cost; None without a limit."""
    tokens: int | None
    seconds: float | None
    """Until the batch's deadline; None without one."""


async def add(connection: AsyncConnection, app: App, batch_id: str, rows: Sequence[NewRow], *, priority: int) -> None:
    """Put rows into the queue; those that are there already are left as they are."""
    fresh = await _new_places(connection, batch_id, rows)
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO stretto_batch_texts (batch_id, place, input, result) VALUES (%s, %s, %s, %s)",
            [(batch_id, row.place, row.input, row.result) for row in rows if row.place in fresh],
        )
    jobs = [
        row_job(batch_id, row.place, row.run_id, retry=False, priority=priority)
        for row in rows
        if row.place in fresh and row.status is None
    ]
    if jobs:
        await app.job_manager.batch_defer_jobs_async(jobs, connection=connection)


async def _new_places(connection: AsyncConnection, batch_id: str, rows: Sequence[NewRow]) -> set[int]:
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


async def add_again(
    connection: AsyncConnection, app: App, batch_id: str, after: int, *, failed_too: bool, priority: int
) -> int | None:
    """Put rows into the queue that have no end, or one that may be better now, and are not in it.

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
        {"batch": batch_id, "after": after, "failed": failed_too, "task": TASK, "page": _PAGE},
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
    jobs = [row_job(batch_id, place, run_id, retry=failed_too, priority=priority) for place, run_id in found]
    await app.job_manager.batch_defer_jobs_async(jobs, connection=connection)
    return places[-1]


async def take(connection: AsyncConnection, batch_id: str, place: int) -> Taken | None:
    """Return what is to be done with a row, and note that it is begun; None when it is not there any more."""
    cursor = connection.cursor(row_factory=class_row(Taken))
    await cursor.execute(
        """
        UPDATE stretto_batch_rows AS row SET begun = row.begun + 1
        FROM stretto_batches AS batch, stretto_batch_texts AS texts
        WHERE row.batch_id = %(batch)s AND row.place = %(place)s AND batch.batch_id = row.batch_id
            AND texts.batch_id = row.batch_id AND texts.place = row.place
        RETURNING texts.input, batch.work, batch.state, batch.opened_at, row.status, row.begun,
            batch.concurrency, batch.usd, batch.tokens,
            extract(epoch FROM batch.deadline_at - now())::double precision AS seconds
        """,
        {"batch": batch_id, "place": place},
    )
    return await cursor.fetchone()


async def put_back(connection: AsyncConnection, batch_id: str, place: int) -> None:
    """Note that a row was not run after all, in good order: it does not count as begun."""
    await connection.execute(
        "UPDATE stretto_batch_rows SET begun = begun - 1 WHERE batch_id = %s AND place = %s", [batch_id, place]
    )


async def finish(connection: AsyncConnection, batch_id: str, place: int, end: RowEnd, result: RowResult) -> None:
    """Note how a row ended. What is complete stays so, whoever comes later."""
    cursor = await connection.execute(
        """
        UPDATE stretto_batch_rows SET status = %(status)s, retryable = %(retryable)s, begun = 0, texts = %(texts)s,
            calls = %(calls)s, remarked = %(remarked)s,
            tokens = %(tokens)s, usd = %(usd)s, seconds = %(seconds)s, reused = %(reused)s,
            reason = %(reason)s, ended_at = now()
        WHERE batch_id = %(batch)s AND place = %(place)s AND status IS DISTINCT FROM 'complete'
        """,
        {
            "batch": batch_id,
            "place": place,
            "status": end.status,
            "retryable": end.retryable,
            "texts": end.texts,
            "calls": end.calls,
            "remarked": end.remarked,
            "tokens": end.tokens,
            "usd": end.usd,
            "seconds": end.seconds,
            "reused": end.reused,
            "reason": end.reason.replace("\0", "\ufffd")[:_REASON],
        },
    )
    if cursor.rowcount:
        await connection.execute(
            "UPDATE stretto_batch_texts SET result = %s WHERE batch_id = %s AND place = %s",
            [dump(result), batch_id, place],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A row with what came of it."""

    place: int
    row: Row
    result: RowResult | None
    """None while there is none."""
    seconds: float
    reused: bool


async def page(connection: AsyncConnection, batch_id: str, after: int) -> list[Read]:
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
        Read(
            place=place,
            row=row_from_bytes(given),
            result=result_from_bytes(result) if result else None,
            seconds=seconds,
            reused=reused,
        )
        for place, given, result, seconds, reused in await cursor.fetchall()
    ]
