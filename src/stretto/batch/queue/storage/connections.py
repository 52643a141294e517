"""Connections to the queue's Postgres: one pool, patient with a server that goes away and comes back."""

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
# As long as one asking tries to reach a server that is away: longer would be waiting for nothing.
_PLACE_SECONDS = 2.0
_RECONNECT_SECONDS = 2.0

for _name in ("psycopg", "procrastinate"):
    # What they would say goes to whoever listens; nobody's stderr is theirs by default.
    logging.getLogger(_name).addHandler(logging.NullHandler())


def new_pool(url: str) -> AsyncConnectionPool:
    """Return a pool that is not open yet.

    It has little patience of its own: the longer a server was away, the more rarely a pool tries to reach it, and one
    that restarts now and then it may miss for minutes. Whoever asks has the patience, and each asking tries at once.
    """
    return AsyncConnectionPool(
        url,
        min_size=1,
        max_size=_POOL_SIZE,
        timeout=_PLACE_SECONDS,
        reconnect_timeout=_RECONNECT_SECONDS,
        kwargs=_OPTIONS,
        open=False,
        check=AsyncConnectionPool.check_connection,
    )


async def connect(url: str) -> AsyncConnection:
    """Return a connection outside of any pool, whose error says at once what is wrong with the address."""
    return await AsyncConnection.connect(url, **_OPTIONS)


def persistently(patience: float) -> AsyncRetrying:
    """Return a loop that does something again while a server is away, for `patience` seconds."""
    return AsyncRetrying(
        stop=stop_after_delay(patience),
        wait=wait_random_exponential(multiplier=0.1, max=1.0),
        retry=retry_if_exception(_passes),
        sleep=anyio.sleep,
        reraise=True,
    )


def _passes(error: BaseException) -> bool:
    """Whether the same may work a little later."""
    cause = error.__cause__ if isinstance(error, ConnectorException) else error
    return isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout))


class PatientConnector(PsycopgConnector):
    """Repeats what may be repeated (ends of jobs) while the server is away.

    Fetching a job is not repeated: one that was handed out to a connection that was lost would be nobody's. It ends the
    worker instead, which registers anew, and the job comes back as one of a worker that is gone.
    """

    def __init__(self, patience: float) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self.on_lost: Callable[[], None] = lambda: None
        """Called when the server stayed away for longer than that."""
        self._patience = patience

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """Execute, again after a lost connection."""
        tries = 0
        try:
            async for attempt in persistently(self._patience):
                with attempt:
                    tries += 1
                    await super().execute_query_async(query, **arguments)
        except ConnectorException as error:
            if tries > 1 and isinstance(error.__cause__, psycopg.errors.RaiseException):
                return  # The first try had ended the job, and only its answer was lost.
            if _passes(error):
                self.on_lost()
            raise


async def transact(
    pool: AsyncConnectionPool, patience: float, place: str, work: Callable[[AsyncConnection], Awaitable[T]]
) -> T:
    """Return what `work` returns, in one transaction, done again after a lost connection; raises `QueueError`."""
    try:
        async for attempt in persistently(patience):
            with attempt:
                async with pool.connection() as connection:
                    return await work(connection)
    except (psycopg.Error, PoolTimeout) as error:
        raise explained(error, place) from error
    raise AssertionError("tenacity re-raises the last error")


def explained(error: Exception, place: str) -> QueueError:
    """Return an error of the driver in a user's words."""
    said = str(error).strip().partition("\n")[0].rstrip(".")
    if isinstance(error, (psycopg.OperationalError, PoolTimeout)):
        return QueueError(
            f"The queue at {place} cannot be reached: {said}.",
            hint="Check the address, the user and that the server runs; what was recorded is safe.",
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return QueueError(
            f"The queue at {place} may not be used: {said}.",
            hint="Give this user the right to create tables, or to read and write stretto's and procrastinate's.",
        )
    return QueueError(f"The queue at {place} cannot be used: {said}.", hint="What was recorded is safe.")
