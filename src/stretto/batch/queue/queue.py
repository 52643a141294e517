"""The queue in one Postgres database: opens it, and reads and cancels its batches."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from types import TracebackType
from typing import TypeVar
from urllib.parse import urlsplit

import anyio
import psycopg
from procrastinate import App
from psycopg import AsyncConnection

from stretto.batch.queue.batch_state import QueuedBatch
from stretto.batch.queue.procrastinate_app import new_app
from stretto.batch.queue.storage import batches
from stretto.batch.queue.storage.connections import RetryingConnector, connect, new_pool, queue_error, transact
from stretto.batch.queue.storage.schema import create_tables
from stretto.core.errors import InputError

T = TypeVar("T")

_SCHEMES = ("postgresql", "postgres")


class Queue:
    """A queue in one database; opened by `async with`. Every method raises `QueueError` when it cannot be reached."""

    def __init__(self, url: str, address: str, retry_seconds: float) -> None:
        self.address = address
        """How messages name it; holds no password."""
        self.retry_seconds = retry_seconds
        """How long statements are retried while the server is away."""
        self.connector = RetryingConnector(retry_seconds)
        self.app: App = new_app(self.connector)
        self._url = url

    async def __aenter__(self) -> "Queue":
        try:
            async with await connect(self._url) as connection:
                await create_tables(connection, self.app)
        except psycopg.Error as error:
            raise queue_error(error, self.address) from error
        self._pool = new_pool(self._url)
        await self._pool.open()
        await self.app.open_async(self._pool)  # pyright: ignore[reportUnknownMemberType]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def transact(self, work: Callable[[AsyncConnection], Awaitable[T]], *, retry: bool = True) -> T:
        """Return what `work` returns, in one transaction, retried after a lost connection unless `retry` is false."""
        return await transact(self._pool, self.retry_seconds if retry else 0.0, self.address, work)

    async def status(self, batch_id: str) -> QueuedBatch:
        """Return the state of a batch; raises `InputError` when there is none of that name."""
        found = await self.transact(lambda connection: batches.read_batch(connection, batch_id))
        if found is None:
            raise InputError(
                f"There is no batch {batch_id!r} in this queue.", hint="`stretto batch status` lists them."
            )
        return found

    async def follow(self, batch_id: str, *, every: float = 1.0) -> AsyncGenerator[QueuedBatch]:
        """Yield the state of a batch every so many seconds until nothing more comes of it."""
        while True:
            batch = await self.status(batch_id)
            yield batch
            if batch.over:
                return
            await anyio.sleep(every)

    async def latest(self, *, limit: int = 20) -> list[QueuedBatch]:
        """Return the latest batches, newest first."""
        return await self.transact(lambda connection: batches.read_latest(connection, limit))

    async def cancel(self, batch_id: str) -> QueuedBatch:
        """Begin no further row of a batch, and end those under way; raises `InputError`."""
        await self.status(batch_id)
        await self.transact(lambda connection: batches.close_batch(connection, batch_id, "cancelled", None))
        return await self.status(batch_id)


def open_queue(url: str, *, retry_seconds: float = 60.0) -> Queue:
    """Return the queue at an address such as postgresql://user@host/database; raises `InputError`.

    Statements are retried for `retry_seconds` while the server is away.
    """
    scheme, separator, rest = url.partition("://")
    if scheme.partition("+")[0] not in _SCHEMES or not separator:
        raise InputError(
            "A queue is a Postgres database, and the address given is none.",
            hint="It looks like postgresql://user@host:5432/database.",
        )
    try:
        parts = urlsplit(f"postgresql://{rest}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # Without the text: it may hold a password.
        raise InputError(
            "The queue's address cannot be read.", hint="It looks like postgresql://user@host:5432/database."
        ) from None
    return Queue(parts.geturl(), f"postgresql://{parts.hostname or 'localhost'}{port}{parts.path}", retry_seconds)
