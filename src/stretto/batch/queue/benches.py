"""What a worker has open for each batch it works on: models, limiters, books, and the rows under way."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
from anyio import to_thread

from stretto.batch.admission import Admission
from stretto.batch.jobs import Work
from stretto.batch.queue.lending import BorrowedBooks
from stretto.batch.queue.opening import Queue
from stretto.batch.queue.peers import Divided, Peers
from stretto.batch.queue.records import work_from_bytes
from stretto.batch.queue.rows import Taken
from stretto.batch.running import Crew
from stretto.engine import Budget, LimiterRegistry


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Everything that the rows of one batch share in this process."""

    work: Work
    crew: Crew
    limiters: LimiterRegistry
    others: Divided
    books: BorrowedBooks | None
    """None where nothing is limited."""
    admission: Admission = field(default_factory=Admission)
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


class Benches:
    """The benches of one worker, by batch."""

    def __init__(self, queue: Queue, peers: Peers, *, concurrency: int, keys: Mapping[str, str]) -> None:
        self._queue = queue
        self._peers = peers
        self._concurrency = concurrency
        self._crew = Crew(keys=keys)
        self._open: dict[str, tuple[object, Bench]] = {}
        self._opening = anyio.Lock()

    async def of(self, batch_id: str, taken: Taken) -> Bench:
        """Return the bench of a batch, a new one when what holds for it has changed.

        Raises `InputError` when its models cannot be opened here.
        """
        terms = (taken.work, taken.concurrency, taken.usd, taken.tokens)
        async with self._opening:
            known = self._open.get(batch_id)
            if known is None or known[0] != terms:
                work = work_from_bytes(taken.work)
                # In a thread: a provider's library takes seconds to load, in which no heartbeat would be sent.
                await to_thread.run_sync(self._crew.open, work)
                known = self._open[batch_id] = (terms, self._new(batch_id, work, taken))
        known[1].others.opened_at = taken.opened_at
        return known[1]

    @property
    def busy(self) -> Mapping[str, Bench]:
        """The benches that have rows under way."""
        return {batch_id: bench for batch_id, (_, bench) in self._open.items() if bench.under_way}

    def _new(self, batch_id: str, work: Work, taken: Taken) -> Bench:
        limited = taken.usd is not None or taken.tokens is not None
        others = Divided(
            self._peers, own=self._concurrency, stated=taken.concurrency is not None, opened_at=taken.opened_at
        )
        return Bench(
            work=work,
            crew=self._crew,
            limiters=LimiterRegistry(taken.concurrency or self._concurrency, others=others),
            others=others,
            books=BorrowedBooks(self._queue, batch_id, Budget(usd=taken.usd, tokens=taken.tokens)) if limited else None,
        )
