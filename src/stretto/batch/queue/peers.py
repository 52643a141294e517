"""What a worker knows of the others: how many there are, and which accounts they found that cannot pay."""

from dataclasses import dataclass, field
from functools import partial

from psycopg import AsyncConnection

from stretto.batch.queue.batches import alive
from stretto.batch.queue.opening import Queue
from stretto.batch.queue.records import failure_from_bytes
from stretto.core.errors import ModelError
from stretto.core.result import Failure
from stretto.engine.breaker import PROBE_EVERY
from stretto.journal.codec import dump


@dataclass(slots=True)
class Peers:
    """The others, as the database last told of them."""

    me: int | None = None
    """This worker's id; None while it is not registered."""
    living: list[int] = field(default_factory=list[int])
    """The ids of the workers that are alive, this one included."""
    broken: dict[str, ModelError] = field(default_factory=dict[str, ModelError])
    """The accounts that cannot pay, by what the provider said."""
    tripped: dict[str, ModelError] = field(default_factory=dict[str, ModelError])
    """Those that this worker found, and has not told the others yet."""

    def part(self, total: int) -> int:
        """Return this worker's part of a number that is for all; no less than 1."""
        if self.me not in self.living:
            return max(1, total // (len(self.living) + 1))
        share, rest = divmod(total, len(self.living))
        return max(1, share + (self.living.index(self.me) < rest))

    async def exchange(self, queue: Queue) -> None:
        """Tell the others what is new here, and learn what is new there; raises `QueueError`."""
        told, self.tripped = self.tripped, {}
        try:
            self.living, self.broken = await queue.transact(partial(_exchange, told=told))
        except BaseException:
            self.tripped = told | self.tripped
            raise


class Divided:
    """Implements `SharedLimits` for the rows of one batch."""

    def __init__(self, peers: Peers, *, own: int, stated: bool) -> None:
        """`own` is what this worker allows itself; `stated` says whether the batch has a number for all workers."""
        self._peers = peers
        self._own = own
        self._stated = stated

    def share(self, total: int) -> int:
        """Return this worker's part of the batch's number, within its own."""
        return min(self._own, self._peers.part(total)) if self._stated else total

    def closed(self, account: str) -> ModelError | None:
        """Return what another worker met."""
        return self._peers.broken.get(account)

    def trip(self, account: str, error: ModelError) -> None:
        """Have the others told within the second."""
        self._peers.tripped[account] = error


async def _exchange(
    connection: AsyncConnection, told: dict[str, ModelError]
) -> tuple[list[int], dict[str, ModelError]]:
    for account, error in told.items():
        await connection.execute(
            """
            INSERT INTO stretto_breakers (account, opened_at, error) VALUES (%s, now(), %s)
            ON CONFLICT (account) DO UPDATE SET opened_at = now(), error = excluded.error
            """,
            [account, dump(Failure.of(error))],
        )
    # Past that time one call may try whether the account works again; it opens the breaker anew when it does not.
    cursor = await connection.execute(
        "SELECT account, error FROM stretto_breakers WHERE opened_at > now() - make_interval(secs => %s)",
        [PROBE_EVERY],
    )
    broken = {account: _error(failure_from_bytes(data)) for account, data in await cursor.fetchall()}
    return await alive(connection), broken


def _error(failure: Failure) -> ModelError:
    return ModelError(failure.message, kind=failure.kind, hint=failure.hint)
