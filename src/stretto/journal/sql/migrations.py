"""The schema's history: one step a version, applied in order, never changed once published."""

from collections.abc import Callable

from sqlalchemy import Connection, inspect, text

VERSION_TABLE = "stretto_schema_version"

_VERSION_1 = (
    """CREATE TABLE stretto_runs (
        run_id TEXT NOT NULL PRIMARY KEY, started_at BIGINT NOT NULL, state VARCHAR NOT NULL,
        title TEXT NOT NULL, recipe TEXT NOT NULL, spec {bytes} NOT NULL, analysis {bytes} NOT NULL)""",
    "CREATE INDEX ix_stretto_runs_started_at ON stretto_runs (started_at)",
    """CREATE TABLE stretto_sealed (
        run_id TEXT NOT NULL, subtask_id TEXT NOT NULL, data {bytes} NOT NULL, PRIMARY KEY (run_id, subtask_id))""",
    """CREATE TABLE stretto_outcomes (
        run_id TEXT NOT NULL, role TEXT NOT NULL, subtask_id TEXT NOT NULL, revision BIGINT NOT NULL,
        status TEXT NOT NULL, data {bytes} NOT NULL, PRIMARY KEY (run_id, role, subtask_id, revision))""",
    """CREATE TABLE stretto_revisions (
        run_id TEXT NOT NULL, subtask_id TEXT NOT NULL, revision BIGINT NOT NULL, opened_at BIGINT NOT NULL,
        data {bytes} NOT NULL, PRIMARY KEY (run_id, subtask_id, revision))""",
    """CREATE TABLE stretto_call_starts (
        run_id TEXT NOT NULL, call_id TEXT NOT NULL, usd TEXT NOT NULL, priced BOOLEAN NOT NULL,
        data {bytes} NOT NULL, PRIMARY KEY (run_id, call_id))""",
    """CREATE TABLE stretto_call_ends (
        run_id TEXT NOT NULL, call_id TEXT NOT NULL, metered BOOLEAN NOT NULL, usd TEXT NOT NULL,
        priced BOOLEAN NOT NULL, data {bytes} NOT NULL, PRIMARY KEY (run_id, call_id))""",
    """CREATE TABLE stretto_events (
        run_id TEXT NOT NULL, seq BIGINT NOT NULL, data {bytes} NOT NULL, PRIMARY KEY (run_id, seq))""",
)

Step = Callable[[Connection], None]


def _create_all(connection: Connection) -> None:
    kind = {"sqlite": "BLOB", "postgresql": "BYTEA"}[connection.dialect.name]
    for statement in _VERSION_1:
        connection.execute(text(statement.format(bytes=kind)))


def _add_holder(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stretto_runs ADD COLUMN holder BIGINT NOT NULL DEFAULT 0"))
    connection.execute(text("CREATE INDEX ix_stretto_runs_holder ON stretto_runs (holder) WHERE holder <> 0"))


STEPS: tuple[Step, ...] = (_create_all, _add_holder)
"""The step at place n leads from version n to version n + 1."""


def version_of(connection: Connection) -> int:
    """Return the schema's version; 0 where there is none yet, whatever else the database holds."""
    if VERSION_TABLE not in inspect(connection).get_table_names():
        return 0
    return connection.execute(text(f"SELECT max(version) FROM {VERSION_TABLE}")).scalar() or 0


def migrate(connection: Connection, version: int) -> None:
    """Bring the schema from `version` to the newest; the caller holds the lock and commits."""
    if version == 0:
        connection.execute(text(f"CREATE TABLE IF NOT EXISTS {VERSION_TABLE} (version BIGINT NOT NULL PRIMARY KEY)"))
    for number, step in enumerate(STEPS[version:], version + 1):
        step(connection)
        connection.execute(text(f"INSERT INTO {VERSION_TABLE} (version) VALUES (:number)"), {"number": number})
