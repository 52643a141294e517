"""The SQL about heartbeats: a worker records its own, and reads which workers are alive."""

from psycopg import AsyncConnection

HEARTBEAT_SECONDS = 5.0
"""Between two heartbeats of a worker."""
STALL_SECONDS = 30.0
"""Without a heartbeat for longer than this, a worker counts as dead, and its rows as stalled."""


async def record_heartbeat(connection: AsyncConnection, worker_id: int | None) -> None:
    """Record that a worker is alive, unless it did so a moment ago; None is not registered."""
    await connection.execute(
        """
        UPDATE procrastinate_workers SET last_heartbeat = now()
        WHERE id = %s AND last_heartbeat < now() - make_interval(secs => %s)
        """,
        [worker_id, HEARTBEAT_SECONDS],
    )


async def live_workers(connection: AsyncConnection) -> list[int]:
    """Return the ids of the workers that are alive, in the order in which they registered."""
    cursor = await connection.execute(
        "SELECT id FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s) ORDER BY id",
        [STALL_SECONDS],
    )
    return [row[0] for row in await cursor.fetchall()]
