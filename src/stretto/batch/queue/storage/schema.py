"""The queue's own tables, beside procrastinate's and the journal's: their history, applied once."""

from procrastinate import App
from psycopg import AsyncConnection

# Any number that nothing else in the same database locks.
_SCHEMA_LOCK = 7_287_386_156
_VERSION_TABLE = "stretto_queue_version"

# What is counted often is apart from the texts, which are read once: counting passes over a small table.
_VERSION_1 = """
CREATE TABLE stretto_batches (
    batch_id TEXT NOT NULL PRIMARY KEY,
    opened_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    total BIGINT NOT NULL,
    filled BOOLEAN NOT NULL DEFAULT false,
    work BYTEA NOT NULL,
    form BYTEA NOT NULL,
    stopped BYTEA,
    concurrency BIGINT,
    deadline_at TIMESTAMPTZ,
    usd NUMERIC,
    tokens BIGINT,
    usd_lent NUMERIC NOT NULL DEFAULT 0,
    tokens_lent BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE stretto_batch_rows (
    batch_id TEXT NOT NULL REFERENCES stretto_batches ON DELETE CASCADE,
    place BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    status TEXT,
    retryable BOOLEAN NOT NULL DEFAULT false,
    begun BIGINT NOT NULL DEFAULT 0,
    texts BIGINT NOT NULL DEFAULT 0,
    calls BIGINT NOT NULL DEFAULT 0,
    tokens BIGINT NOT NULL DEFAULT 0,
    usd NUMERIC,
    seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
    reused BOOLEAN NOT NULL DEFAULT false,
    reason TEXT NOT NULL DEFAULT '',
    ended_at TIMESTAMPTZ,
    PRIMARY KEY (batch_id, place)
);
CREATE TABLE stretto_batch_texts (
    batch_id TEXT NOT NULL REFERENCES stretto_batches ON DELETE CASCADE,
    place BIGINT NOT NULL,
    input BYTEA NOT NULL,
    result BYTEA,
    PRIMARY KEY (batch_id, place)
);
-- On procrastinate's own table: without it, looking at one batch passes over the jobs of all.
CREATE INDEX stretto_jobs_of_batch ON procrastinate_jobs ((args ->> 'batch'), status);
CREATE TABLE stretto_breakers (
    account TEXT NOT NULL PRIMARY KEY,
    opened_at TIMESTAMPTZ NOT NULL,
    error BYTEA NOT NULL
);
"""

_VERSION_2 = "ALTER TABLE stretto_batch_rows ADD COLUMN remarked BIGINT NOT NULL DEFAULT 0"

STEPS = (_VERSION_1, _VERSION_2)
"""The step at place n leads from version n to version n + 1; never changed once published."""


async def create_tables(connection: AsyncConnection, app: App) -> None:
    """Make procrastinate's tables and ours, unless they are there; only one process at a time does."""
    if await _version(connection) == len(STEPS):
        return
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
    version = await _version(connection)  # read again: another process may have been first
    if version == len(STEPS):
        return
    if not await _there(connection, "procrastinate_jobs"):
        await connection.execute(app.schema_manager.get_schema())
    await connection.execute(f"CREATE TABLE IF NOT EXISTS {_VERSION_TABLE} (version BIGINT NOT NULL PRIMARY KEY)")
    for number, step in enumerate(STEPS[version:], version + 1):
        await connection.execute(step.encode())
        await connection.execute(f"INSERT INTO {_VERSION_TABLE} (version) VALUES (%s)", [number])


async def _version(connection: AsyncConnection) -> int:
    if not await _there(connection, _VERSION_TABLE):
        return 0
    cursor = await connection.execute(f"SELECT max(version) FROM {_VERSION_TABLE}")
    row = await cursor.fetchone()
    return (row[0] or 0) if row else 0


async def _there(connection: AsyncConnection, table: str) -> bool:
    cursor = await connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
    row = await cursor.fetchone()
    return bool(row and row[0])
