"""What a worker keeps open for each batch: models, limiters, budget tracker, and the rows under way."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
from anyio import to_thread

from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.row_claims import ClaimedRow
from stretto.batch.queue.storage.serialization import work_from_bytes
from stretto.batch.queue.workers.leased_budget import LeasedBudget
from stretto.batch.queue.workers.worker_registry import DividedLimit, WorkerRegistry
from stretto.batch.rows.row_job import Work
from stretto.batch.rows.row_runner import RowModels
from stretto.batch.stop_conditions import StopConditions
from stretto.engine import Budget, LimiterRegistry


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenBatch:
    """Everything that the rows of one batch share in this process."""

    work: Work
    row_models: RowModels
    limiters: LimiterRegistry
    others: DividedLimit
    budget_tracker: LeasedBudget | None
    """None where nothing is limited."""
    stop_conditions: StopConditions = field(default_factory=StopConditions)
    under_way: set[anyio.CancelScope] = field(default_factory=set[anyio.CancelScope])

    @contextmanager
    def row(self) -> Generator[anyio.CancelScope]:
        """Run a row under it, so that it ends when the batch is cancelled."""
        with anyio.CancelScope() as scope:
            self.under_way.add(scope)
            try:
                yield scope
            finally:
                self.under_way.discard(scope)


class OpenBatches:
    """The open batches of one worker, by id."""

    def __init__(
        self, queue: Queue, worker_registry: WorkerRegistry, *, concurrency: int, keys: Mapping[str, str]
    ) -> None:
        self._queue = queue
        self._worker_registry = worker_registry
        self._concurrency = concurrency
        self._row_models = RowModels(keys=keys)
        self._open: dict[str, tuple[object, OpenBatch]] = {}
        self._opening = anyio.Lock()

    async def open(self, batch_id: str, claimed: ClaimedRow) -> OpenBatch:
        """Return the open batch of a claimed row, opened anew when its settings have changed.

        Raises `InputError` when its models cannot be opened here.
        """
        settings = (claimed.work, claimed.concurrency, claimed.usd, claimed.tokens)
        async with self._opening:
            known = self._open.get(batch_id)
            if known is None or known[0] != settings:
                work = work_from_bytes(claimed.work)
                # In a thread: a provider's library takes seconds to load, in which no heartbeat would be sent.
                await to_thread.run_sync(self._row_models.open, work)
                known = self._open[batch_id] = (settings, self._new(batch_id, work, claimed))
        known[1].others.opened_at = claimed.opened_at
        return known[1]

    @property
    def busy(self) -> Mapping[str, OpenBatch]:
        """The batches that have rows under way."""
        return {batch_id: batch for batch_id, (_, batch) in self._open.items() if batch.under_way}

    def _new(self, batch_id: str, work: Work, claimed: ClaimedRow) -> OpenBatch:
        limited = claimed.usd is not None or claimed.tokens is not None
        others = DividedLimit(
            self._worker_registry,
            own=self._concurrency,
            stated=claimed.concurrency is not None,
            opened_at=claimed.opened_at,
        )
        return OpenBatch(
            work=work,
            row_models=self._row_models,
            limiters=LimiterRegistry(claimed.concurrency or self._concurrency, others=others),
            others=others,
            budget_tracker=LeasedBudget(self._queue, batch_id, Budget(usd=claimed.usd, tokens=claimed.tokens))
            if limited
            else None,
        )
