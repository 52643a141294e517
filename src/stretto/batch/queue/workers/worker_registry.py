"""The worker registry: which workers are alive, this one's share of a number, and accounts that others found closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import anyio
from psycopg import AsyncConnection

from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.circuit_breakers import open_breakers, record_trip
from stretto.batch.queue.storage.heartbeats import live_workers, record_heartbeat
from stretto.core.errors import ModelError


@dataclass(slots=True)
class WorkerRegistry:
    """The workers of the queue as this one last read them from the database."""

    worker_id: int | None = None
    """This worker's id; None while it is not registered."""
    live: list[int] = field(default_factory=list[int])
    """The ids of the workers that are alive, this one included."""
    open_breakers: Mapping[str, tuple[datetime, ModelError]] = field(
        default_factory=dict[str, tuple[datetime, ModelError]]
    )
    """The accounts that cannot pay: when one was found out, by the database's clock, and the provider's error."""
    tripped: dict[str, tuple[float, ModelError]] = field(default_factory=dict[str, tuple[float, ModelError]])
    """Those that this worker found and has not recorded yet: when, by its own clock, and the error."""

    def share(self, total: int) -> int:
        """Return this worker's share of a number that is for all; no less than 1."""
        if self.worker_id not in self.live:
            return max(1, total // (len(self.live) + 1))
        share, rest = divmod(total, len(self.live))
        return max(1, share + (self.live.index(self.worker_id) < rest))

    async def sync(self, queue: Queue) -> None:
        """Record this worker's heartbeat and the accounts it found closed, and read those of all workers.

        Raises `QueueError`.
        """
        tripped, self.tripped = self.tripped, {}

        async def exchange(connection: AsyncConnection) -> tuple[Mapping[str, tuple[datetime, ModelError]], list[int]]:
            await record_heartbeat(connection, self.worker_id)
            for account, (found_at, error) in tripped.items():
                await record_trip(connection, account, error, anyio.current_time() - found_at)
            return await open_breakers(connection), await live_workers(connection)

        try:
            self.open_breakers, self.live = await queue.transact(exchange)
        except BaseException:
            self.tripped = tripped | self.tripped
            raise


class DividedLimit:
    """Implements `SharedLimits` for the rows of one batch."""

    def __init__(self, worker_registry: WorkerRegistry, *, own: int, stated: bool, opened_at: datetime) -> None:
        """`own` is what this worker allows itself; `stated` says whether the batch has a number for all workers."""
        self.opened_at = opened_at
        """When the batch was last submitted: accounts that were found closed before that are tried again."""
        self._worker_registry = worker_registry
        self._own = own
        self._stated = stated

    def share(self, total: int) -> int:
        """Return this worker's share of the batch's number, within its own."""
        return min(self._own, self._worker_registry.share(total)) if self._stated else total

    def closed(self, account: str) -> ModelError | None:
        """Return the error with which another worker found the account closed."""
        found_at, error = self._worker_registry.open_breakers.get(account, (self.opened_at, None))
        return error if found_at > self.opened_at else None

    def trip(self, account: str, error: ModelError) -> None:
        """Have the account recorded for the other workers within the second."""
        self._worker_registry.tripped[account] = anyio.current_time(), error
