"""What a worker knows of the others: how many there are, and which accounts they found that cannot pay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import anyio
from psycopg import AsyncConnection

from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.batches import alive
from stretto.batch.queue.storage.serialization import failure_from_bytes
from stretto.core.errors import ModelError
from stretto.core.result import Failure
from stretto.engine.limits.circuit_breaker import PROBE_EVERY
from stretto.journal.serialization import dump

HEARTBEAT_SECONDS = 5.0
"""So often a worker says that it lives."""


@dataclass(slots=True)
class WorkerRegistry:
    """The others, as the database last told of them."""

    me: int | None = None
    """This worker's id; None while it is not registered."""
    living: list[int] = field(default_factory=list[int])
    """The ids of the workers that are alive, this one included."""
    broken: Mapping[str, tuple[datetime, ModelError]] = field(default_factory=dict[str, tuple[datetime, ModelError]])
    """The accounts that cannot pay: when one was found out, by the database's clock, and what the provider said."""
    tripped: dict[str, tuple[float, ModelError]] = field(default_factory=dict[str, tuple[float, ModelError]])
    """Those that this worker found, and has not told the others yet: when, by its own clock, and what was said."""

    def part(self, total: int) -> int:
        """Return this worker's part of a number that is for all; no less than 1."""
        if self.me not in self.living:
            return max(1, total // (len(self.living) + 1))
        share, rest = divmod(total, len(self.living))
        return max(1, share + (self.living.index(self.me) < rest))

    async def exchange(self, queue: Queue) -> None:
        """Tell the others that this worker lives and what is new here, and learn what is new there.

        Raises `QueueError`.
        """
        told, self.tripped = self.tripped, {}
        try:
            self.living, self.broken = await queue.transact(partial(_exchange, me=self.me, told=told))
        except BaseException:
            self.tripped = told | self.tripped
            raise


class DividedLimit:
    """Implements `SharedLimits` for the rows of one batch."""

    def __init__(self, worker_registry: WorkerRegistry, *, own: int, stated: bool, opened_at: datetime) -> None:
        """`own` is what this worker allows itself; `stated` says whether the batch has a number for all workers."""
        self.opened_at = opened_at
        """When the batch was last submitted: whoever did has the accounts tried that were found out before."""
        self._worker_registry = worker_registry
        self._own = own
        self._stated = stated

    def share(self, total: int) -> int:
        """Return this worker's part of the batch's number, within its own."""
        return min(self._own, self._worker_registry.part(total)) if self._stated else total

    def closed(self, account: str) -> ModelError | None:
        """Return what another worker met."""
        found_at, error = self._worker_registry.broken.get(account, (self.opened_at, None))
        return error if found_at > self.opened_at else None

    def trip(self, account: str, error: ModelError) -> None:
        """Have the others told within the second."""
        self._worker_registry.tripped[account] = anyio.current_time(), error


async def _exchange(
    connection: AsyncConnection, me: int | None, told: Mapping[str, tuple[float, ModelError]]
) -> tuple[list[int], dict[str, tuple[datetime, ModelError]]]:
    await connection.execute(
        """
        UPDATE procrastinate_workers SET last_heartbeat = now()
        WHERE id = %s AND last_heartbeat < now() - make_interval(secs => %s)
        """,
        [me, HEARTBEAT_SECONDS],
    )
    for account, (found_at, error) in told.items():
        await connection.execute(
            """
            INSERT INTO stretto_breakers (account, opened_at, error) VALUES (%s, now() - make_interval(secs => %s), %s)
            ON CONFLICT (account) DO UPDATE SET opened_at = excluded.opened_at, error = excluded.error
            """,
            [account, anyio.current_time() - found_at, dump(Failure.of(error))],
        )
    # Past that time one call may try whether the account works again; it opens the breaker anew when it does not.
    cursor = await connection.execute(
        "SELECT account, opened_at, error FROM stretto_breakers WHERE opened_at > now() - make_interval(secs => %s)",
        [PROBE_EVERY],
    )
    broken = {account: (at, _error(failure_from_bytes(data))) for account, at, data in await cursor.fetchall()}
    return await alive(connection), broken


def _error(failure: Failure) -> ModelError:
    return ModelError(failure.message, kind=failure.kind, hint=failure.hint)
