"""The SQL that claims a row for a worker, releases a claim, and records how the row ended.

Which worker may claim it is decided before: procrastinate gives the row's job to one of them (its `fetch_job`, with
FOR UPDATE SKIP LOCKED), in the order of priority and one at a time for each run id.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg import AsyncConnection
from psycopg.rows import class_row

from stretto.batch.queue.batch_state import BatchState, RowEnd
from stretto.batch.tables import RowResult
from stretto.journal.serialization import dump

_REASON = 300
"""Characters of a reason that is counted; the whole of it stands in the result."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimedRow:
    """What a worker needs to run the row that it has claimed."""

    input: bytes
    work: bytes
    state: BatchState
    opened_at: datetime
    """When the batch was last submitted."""
    status: str | None
    begun: int
    """How many times it was claimed without coming to an end, this time included."""
    concurrency: int | None
    usd: Decimal | None
    """What all rows of the batch may cost; None without a limit."""
    tokens: int | None
    seconds: float | None
    """Until the batch's deadline; None without one."""


async def claim_row(connection: AsyncConnection, batch_id: str, place: int) -> ClaimedRow | None:
    """Claim a row: count one more start, and return what to do with it; None when the row does not exist any more."""
    cursor = connection.cursor(row_factory=class_row(ClaimedRow))
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


async def release_row(connection: AsyncConnection, batch_id: str, place: int) -> None:
    """Release the claim on a row that was not run after all: it does not count as a start."""
    await connection.execute(
        "UPDATE stretto_batch_rows SET begun = begun - 1 WHERE batch_id = %s AND place = %s", [batch_id, place]
    )


async def finish_row(connection: AsyncConnection, batch_id: str, place: int, end: RowEnd, result: RowResult) -> None:
    """Record how a row ended, which ends its claim. A row that is complete stays so, whoever comes later."""
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
