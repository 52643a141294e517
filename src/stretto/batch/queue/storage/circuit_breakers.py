"""The SQL that shares circuit breakers between workers: accounts that cannot pay, found by one, heeded by all."""

from collections.abc import Mapping
from datetime import datetime

from psycopg import AsyncConnection

from stretto.batch.queue.storage.serialization import failure_from_bytes
from stretto.core.errors import ModelError
from stretto.core.result import Failure
from stretto.engine.limits.circuit_breaker import PROBE_EVERY
from stretto.journal.serialization import dump


async def record_trip(connection: AsyncConnection, account: str, error: ModelError, seconds_ago: float) -> None:
    """Record that an account was found so many seconds ago to be unable to pay."""
    await connection.execute(
        """
        INSERT INTO stretto_breakers (account, opened_at, error) VALUES (%s, now() - make_interval(secs => %s), %s)
        ON CONFLICT (account) DO UPDATE SET opened_at = excluded.opened_at, error = excluded.error
        """,
        [account, seconds_ago, dump(Failure.of(error))],
    )


async def open_breakers(connection: AsyncConnection) -> Mapping[str, tuple[datetime, ModelError]]:
    """Return the accounts that cannot pay: when each was found out, by the database's clock, and the provider's error.

    After `PROBE_EVERY` seconds one call may try whether the account works again; if not, it opens the breaker anew.
    """
    cursor = await connection.execute(
        "SELECT account, opened_at, error FROM stretto_breakers WHERE opened_at > now() - make_interval(secs => %s)",
        [PROBE_EVERY],
    )
    found = [(account, at, failure_from_bytes(data)) for account, at, data in await cursor.fetchall()]
    return {account: (at, ModelError(f.message, kind=f.kind, hint=f.hint)) for account, at, f in found}
