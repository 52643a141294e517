"""What a worker has open for each batch it works on: models, limiters, books, and the rows under way."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
from anyio import to_thread

from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.rows import Taken
from stretto.batch.queue.storage.serialization import work_from_bytes
from stretto.batch.queue.workers.budget_lease import LeasedBudget
from stretto.batch.queue.workers.worker_registry import DividedLimit, WorkerRegistry
from stretto.batch.row_jobs import Work
from stretto.batch.row_runner import RowModels
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
    """The benches of one worker, by batch."""

    def __init__(
        self, queue: Queue, worker_registry: WorkerRegistry, *, concurrency: int, keys: Mapping[str, str]
    ) -> None:
        self._queue = queue
        self._worker_registry = worker_registry
        self._concurrency = concurrency
        self._row_models = RowModels(keys=keys)
        self._open: dict[str, tuple[object, OpenBatch]] = {}
        self._opening = anyio.Lock()

    async def of(self, batch_id: str, taken: Taken) -> OpenBatch:
        """Return the bench of a batch, a new one when what holds for it has changed.

        Raises `InputError` when its models cannot be opened here.
        """
        terms = (taken.work, taken.concurrency, taken.usd, taken.tokens)
        async with self._opening:
            known = self._open.get(batch_id)
            if known is None or known[0] != terms:
                work = work_from_bytes(taken.work)
                # In a thread: a provider's library takes seconds to load, in which no heartbeat would be sent.
                await to_thread.run_sync(self._row_models.open, work)
                known = self._open[batch_id] = (terms, self._new(batch_id, work, taken))
        known[1].others.opened_at = taken.opened_at
        return known[1]

    @property
    def busy(self) -> Mapping[str, OpenBatch]:
        """The benches that have rows under way."""
        return {batch_id: bench for batch_id, (_, bench) in self._open.items() if bench.under_way}

    def _new(self, batch_id: str, work: Work, taken: Taken) -> OpenBatch:
        limited = taken.usd is not None or taken.tokens is not None
        others = DividedLimit(
            self._worker_registry,
            own=self._concurrency,
            stated=taken.concurrency is not None,
            opened_at=taken.opened_at,
        )
        return OpenBatch(
            work=work,
            row_models=self._row_models,
            limiters=LimiterRegistry(taken.concurrency or self._concurrency, others=others),
            others=others,
            budget_tracker=LeasedBudget(self._queue, batch_id, Budget(usd=taken.usd, tokens=taken.tokens))
            if limited
            else None,
        )
