"""One budget on many machines: each worker borrows some of it before it promises anything, and gives back the rest."""

from decimal import Decimal
from functools import partial

from psycopg import AsyncConnection

from stretto.batch.queue.procrastinate_app import TASK
from stretto.batch.queue.queue import Queue
from stretto.core.usage import Cost, Usage
from stretto.engine import Budget, BudgetTracker

_PARTS = 16
"""Of what is left, a worker borrows one part, or what it needs when that is more."""

Amount = tuple[Decimal, int]
"""Dollars and tokens."""


class LeasedBudget(BudgetTracker):
    """The books of one worker under the budget of a whole batch: what is promised in them was borrowed before."""

    def __init__(self, queue: Queue, batch_id: str, whole: Budget) -> None:
        # Nothing is borrowed yet; what is not limited stays so.
        super().__init__(
            Budget(usd=None if whole.usd is None else Decimal(0), tokens=None if whole.tokens is None else 0)
        )
        self._whole = whole
        self._queue = queue
        self._batch_id = batch_id

    @property
    def stated(self) -> Budget:
        """What the person who set it knows it as."""
        return self._whole

    async def _extend(self, usage: Usage, cost: Cost) -> bool:
        spare_usd, spare_tokens = self._spare
        needed = max(Decimal(0), cost.usd - spare_usd), max(0, usage.total_tokens - spare_tokens)
        lent = await self._queue.transact(partial(lend, batch_id=self._batch_id, needed=needed))
        if lent is None:
            return False
        self._change(*lent)
        return True

    async def give_back(self) -> None:
        """Return what is neither used nor promised; what earlier runs of a row had used is borrowed now."""
        usd, tokens = self._spare
        if usd or tokens:
            self._change(-usd, -tokens)
            # Not done again: given back twice it would be spent twice, and what stays lent is only not spent.
            await self._queue.transact(partial(take_back, batch_id=self._batch_id, spare=(usd, tokens)), again=False)

    @property
    def _spare(self) -> Amount:
        used, spent = self.committed
        usd, tokens = self.budget.usd, self.budget.tokens
        return Decimal(0) if usd is None else usd - spent.usd, 0 if tokens is None else tokens - used.total_tokens

    def _change(self, usd: Decimal, tokens: int) -> None:
        budget = self.budget
        self.budget = Budget(
            usd=None if budget.usd is None else budget.usd + usd,
            tokens=None if budget.tokens is None else budget.tokens + tokens,
        )


async def lend(connection: AsyncConnection, batch_id: str, needed: Amount) -> Amount | None:
    """Lend a part of a batch's budget, no less than what is needed; None when there is not as much."""
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


async def take_back(connection: AsyncConnection, batch_id: str, spare: Amount) -> None:
    """Take back what a worker has left; less than nothing is what it used beyond."""
    await connection.execute(
        "UPDATE stretto_batches SET usd_lent = usd_lent - %s, tokens_lent = tokens_lent - %s WHERE batch_id = %s",
        [*spare, batch_id],
    )


async def settle(connection: AsyncConnection, batch_id: str, *, failed_too: bool) -> None:
    """Count as lent what was used for rows that stay as they are, and no more: what dead workers had borrowed is free.

    Rows that are run again bring what they had used along. While a worker has a row of the batch, nothing changes.
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
        {"batch": batch_id, "failed": failed_too, "task": TASK},
    )
