"""Connections to the queue's Postgres: a pool, transactions and a connector that retry while the server is away."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, LiteralString, TypeVar

import anyio
import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_random_exponential

from stretto.core.errors import QueueError

T = TypeVar("T")

CONNECT_SECONDS = 10
# Without these a network that went silent would hold a worker for hours.
_OPTIONS: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "stretto",
}
_POOL_SIZE = 4
# How long one attempt waits for a connection while the server is away: waiting longer gains nothing.
_ACQUIRE_SECONDS = 2.0
_RECONNECT_SECONDS = 2.0

for _name in ("psycopg", "procrastinate"):
    # What they would say goes to whoever listens; nobody's stderr is theirs by default.
    logging.getLogger(_name).addHandler(logging.NullHandler())


def new_pool(url: str) -> AsyncConnectionPool:
    """Return a pool that is not open yet.

    It gives up soon by itself: the longer a server was away, the more rarely a pool connects, so it may miss
    one that restarts now and then for minutes. The caller retries instead, and each attempt connects at once.
    """
    return AsyncConnectionPool(
        url,
        min_size=1,
        max_size=_POOL_SIZE,
        timeout=_ACQUIRE_SECONDS,
        reconnect_timeout=_RECONNECT_SECONDS,
        kwargs=_OPTIONS,
        open=False,
        check=AsyncConnectionPool.check_connection,
    )


async def connect(url: str) -> AsyncConnection:
    """Return a connection outside of any pool, whose error says at once what is wrong with the address."""
    return await AsyncConnection.connect(url, **_OPTIONS)


def retrying(seconds: float) -> AsyncRetrying:
    """Return a retry loop for errors that pass when the server is back; it gives up after so many seconds."""
    return AsyncRetrying(
        stop=stop_after_delay(seconds),
        wait=wait_random_exponential(multiplier=0.1, max=1.0),
        retry=retry_if_exception(_is_transient),
        sleep=anyio.sleep,
        reraise=True,
    )


def _is_transient(error: BaseException) -> bool:
    """Whether the same statement may work a little later."""
    cause = error.__cause__ if isinstance(error, ConnectorException) else error
    return isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout))


class RetryingConnector(PsycopgConnector):
    """Retries what may be repeated (ends of jobs) while the server is away.

    Fetching a job is not retried: one that was handed out to a lost connection would have no worker. A failure ends the
    worker instead, which registers anew, and the job is retried as one of a dead worker.
    """

    def __init__(self, retry_seconds: float) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self.on_lost: Callable[[], None] = lambda: None
        """Called when the server stayed away for longer than that."""
        self._retry_seconds = retry_seconds

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """Execute a statement, retried after a lost connection."""
        attempts = 0
        try:
            async for attempt in retrying(self._retry_seconds):
                with attempt:
                    attempts += 1
                    await super().execute_query_async(query, **arguments)
        except ConnectorException as error:
            if attempts > 1 and isinstance(error.__cause__, psycopg.errors.RaiseException):
                return  # The first try had ended the job, and only its answer was lost.
            if _is_transient(error):
                self.on_lost()
            raise


async def transact(
    pool: AsyncConnectionPool, retry_seconds: float, address: str, work: Callable[[AsyncConnection], Awaitable[T]]
) -> T:
    """Return what `work` returns, in one transaction, retried after a lost connection; raises `QueueError`."""
    try:
        async for attempt in retrying(retry_seconds):
            with attempt:
                async with pool.connection() as connection:
                    return await work(connection)
    except (psycopg.Error, PoolTimeout) as error:
        raise queue_error(error, address) from error
    raise AssertionError("tenacity re-raises the last error")


def queue_error(error: Exception, address: str) -> QueueError:
    """Return a driver's error as one that a user understands."""
    message = str(error).strip().partition("\n")[0].rstrip(".")
    if isinstance(error, (psycopg.OperationalError, PoolTimeout)):
        return QueueError(
            f"The queue at {address} cannot be reached: {message}.",
            hint="Check the address, the user and that the server runs; what was recorded is safe.",
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return QueueError(
            f"The queue at {address} may not be used: {message}.",
            hint="Give this user the right to create tables, or to read and write stretto's and procrastinate's.",
        )
    return QueueError(f"The queue at {address} cannot be used: {message}.", hint="What was recorded is safe.")
