"""One worker's budget tracker under the budget of a whole batch: it leases a part before it reserves anything."""

from decimal import Decimal
from functools import partial

from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.budget_leases import Amount, acquire_lease, release_lease
from stretto.core.usage import Cost, Usage
from stretto.engine import Budget, BudgetTracker


class LeasedBudget(BudgetTracker):
    """Reserves only what was leased before; leases more as calls need it."""

    def __init__(self, queue: Queue, batch_id: str, whole: Budget) -> None:
        # Nothing is leased yet; what is not limited stays so.
        super().__init__(
            Budget(usd=None if whole.usd is None else Decimal(0), tokens=None if whole.tokens is None else 0)
        )
        self._whole = whole
        self._queue = queue
        self._batch_id = batch_id

    @property
    def stated(self) -> Budget:
        """The batch's budget, as the person who set it knows it."""
        return self._whole

    async def _extend(self, usage: Usage, cost: Cost) -> bool:
        unused_usd, unused_tokens = self._unused
        needed = max(Decimal(0), cost.usd - unused_usd), max(0, usage.total_tokens - unused_tokens)
        leased = await self._queue.transact(partial(acquire_lease, batch_id=self._batch_id, needed=needed))
        if leased is None:
            return False
        self._change(*leased)
        return True

    async def release_unused(self) -> None:
        """Return what is neither used nor reserved; what earlier runs of a row had used is leased now."""
        usd, tokens = self._unused
        if usd or tokens:
            self._change(-usd, -tokens)
            # Not retried: returned twice it would be spent twice, and what stays leased is only not spent.
            release = partial(release_lease, batch_id=self._batch_id, unused=(usd, tokens))
            await self._queue.transact(release, retry=False)

    @property
    def _unused(self) -> Amount:
        used, spent = self.committed
        usd, tokens = self.budget.usd, self.budget.tokens
        return Decimal(0) if usd is None else usd - spent.usd, 0 if tokens is None else tokens - used.total_tokens

    def _change(self, usd: Decimal, tokens: int) -> None:
        budget = self.budget
        self.budget = Budget(
            usd=None if budget.usd is None else budget.usd + usd,
            tokens=None if budget.tokens is None else budget.tokens + tokens,
        )
