"""The SQL of budget leases: each worker leases a part of its batch's budget, and returns what it did not use."""

from decimal import Decimal

from psycopg import AsyncConnection

from stretto.batch.queue.procrastinate_app import TASK

_PARTS = 16
"""A lease is one such part of what is left of the budget, or what is needed when that is more."""

Amount = tuple[Decimal, int]
"""Dollars and tokens."""


async def acquire_lease(connection: AsyncConnection, batch_id: str, needed: Amount) -> Amount | None:
    """Lease a part of a batch's budget to a worker, no less than what is needed; None when there is not as much."""
    cursor = await connection.execute(
        """
        WITH part AS (
            SELECT coalesce(greatest(%(usd)s, (usd - usd_lent) / %(parts)s), 0) AS usd,
                coalesce(greatest(%(tokens)s, (tokens - tokens_lent) / %(parts)s), 0) AS tokens
            FROM stretto_batches WHERE batch_id = %(batch)s FOR UPDATE)
        UPDATE stretto_batches AS batch
        SET usd_lent = batch.usd_lent + part.usd, tokens_lent = batch.tokens_lent + part.tokens
        FROM part
        WHERE batch_id = %(batch)s AND coalesce(batch.usd - batch.usd_lent >= %(usd)s, true)
            AND coalesce(batch.tokens - batch.tokens_lent >= %(tokens)s, true)
        RETURNING part.usd, part.tokens
        """,
        {"batch": batch_id, "usd": needed[0], "tokens": needed[1], "parts": _PARTS},
    )
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else None


async def release_lease(connection: AsyncConnection, batch_id: str, unused: Amount) -> None:
    """Return the unused part of a lease; a negative amount is what the worker used beyond it."""
    await connection.execute(
        "UPDATE stretto_batches SET usd_lent = usd_lent - %s, tokens_lent = tokens_lent - %s WHERE batch_id = %s",
        [*unused, batch_id],
    )


async def reclaim_leases(connection: AsyncConnection, batch_id: str, *, retry_errors: bool) -> None:
    """Reclaim what dead workers had leased: only what the rows that stay as they are have used remains leased.

    Rows that are run again count what they had used themselves. While a worker has a row of the batch, nothing changes.
    """
    await connection.execute(
        """
        UPDATE stretto_batches AS batch SET usd_lent = used.usd, tokens_lent = used.tokens
        FROM (
            SELECT coalesce(sum(usd), 0) AS usd, coalesce(sum(tokens), 0)::bigint AS tokens
            FROM stretto_batch_rows
            WHERE batch_id = %(batch)s AND status IS NOT NULL
                AND (status = 'complete' OR NOT (retryable OR %(failed)s))) AS used
        WHERE batch_id = %(batch)s AND NOT EXISTS (
            SELECT FROM procrastinate_jobs
            WHERE status = 'doing' AND task_name = %(task)s AND args ->> 'batch' = %(batch)s)
        """,
        {"batch": batch_id, "failed": retry_errors, "task": TASK},
    )
