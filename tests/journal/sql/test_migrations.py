"""The schema's versions."""

import pytest
import sqlalchemy
from sqlalchemy import Connection, inspect, text

from stretto.core.errors import JournalError
from stretto.journal import open_journal
from stretto.journal.sql import migrations
from stretto.journal.sql.tables import metadata
from tests.journal.test_journal import fill

pytestmark = pytest.mark.anyio


def change(place: str, statement: str) -> None:
    """Change a journal behind its back."""
    engine = engine_of(place)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def engine_of(place: str) -> sqlalchemy.Engine:
    """Return an engine for a place."""
    return sqlalchemy.create_engine(
        place.replace("postgresql:", "postgresql+psycopg:") if "://" in place else f"sqlite:///{place}"
    )


async def test_the_steps_lead_to_the_tables_that_are_used(place):
    """The schema made by all the steps has exactly the tables, columns, keys and indexes of the newest version."""
    async with open_journal(place) as journal:
        await fill(journal)
    engine = engine_of(place)
    found = inspect(engine)
    assert set(found.get_table_names()) == {*metadata.tables, migrations.VERSION_TABLE}
    for name, table in metadata.tables.items():
        columns = {column["name"]: column for column in found.get_columns(name)}
        assert columns.keys() == set(table.columns.keys())
        for column in table.columns:
            assert columns[column.name]["nullable"] is False
            assert columns[column.name]["type"].python_type is column.type.python_type, (name, column.name)
        key = [column.name for column in table.primary_key.columns]
        assert found.get_pk_constraint(name)["constrained_columns"] == key
        assert {index["name"] for index in found.get_indexes(name)} == {index.name for index in table.indexes}
    engine.dispose()


async def test_a_newer_schema_is_refused_and_left_alone(place):
    """A journal of a later version is not guessed at."""
    async with open_journal(place) as journal:
        kept = await fill(journal)
    change(place, f"INSERT INTO {migrations.VERSION_TABLE} (version) VALUES (99)")
    with pytest.raises(JournalError, match=r"a newer stretto \(schema 99; this one knows up to 2\)\. Upgrade"):
        await open_journal(place).load("r")
    change(place, f"DELETE FROM {migrations.VERSION_TABLE} WHERE version = 99")
    async with open_journal(place) as journal:
        assert await journal.load("r") == kept


async def test_an_older_schema_is_brought_up_to_date(place, monkeypatch):
    """A later version's step runs once, on a journal with everything in it."""
    async with open_journal(place) as journal:
        kept = await fill(journal)
    calls = []

    def add_column(connection: Connection) -> None:
        calls.append(connection.execute(text("ALTER TABLE stretto_runs ADD COLUMN colour TEXT")))

    monkeypatch.setattr("stretto.journal.sql.migrations.STEPS", (*migrations.STEPS, add_column))
    monkeypatch.setattr("stretto.journal.sql.database.STEPS", (*migrations.STEPS,))
    for _ in range(2):
        async with open_journal(place) as journal:
            assert await journal.load("r") == kept
    assert len(calls) == 1


async def test_a_journal_of_the_first_version_is_read_and_gone_on_with(place, monkeypatch):
    """What its runs came to is as it was; one without an end was interrupted, and is nobody's."""
    with monkeypatch.context() as patch:
        patch.setattr("stretto.journal.sql.migrations.STEPS", migrations.STEPS[:1])
        patch.setattr("stretto.journal.sql.database.STEPS", migrations.STEPS[:1])
        await open_journal(place).load("r")
    kind = "BYTEA" if "://" in place else "BLOB"
    for run_id, state in (("a", "complete"), ("b", "running")):
        change(
            place,
            "INSERT INTO stretto_runs (run_id, started_at, state, title, recipe, spec, analysis) "
            f"VALUES ('{run_id}', 1, '{state}', 't', 'p', CAST('known' AS {kind}), CAST('' AS {kind}))",
        )
    async with open_journal(place) as journal:
        assert [(run.run_id, run.state) for run in await journal.list_runs()] == [
            ("b", "interrupted"),
            ("a", "complete"),
        ]
        assert await journal.hold_run("b") == "running"
        assert await journal.state("b") == "running"


async def test_a_step_that_fails_leaves_the_journal_as_it_was(place, monkeypatch):
    """Half a migration is none."""
    async with open_journal(place) as journal:
        kept = await fill(journal)

    def break_off(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE stretto_runs ADD COLUMN colour TEXT"))
        connection.execute(text("SELECT nothing FROM nowhere"))

    with monkeypatch.context() as patch:
        patch.setattr("stretto.journal.sql.migrations.STEPS", (*migrations.STEPS, break_off))
        patch.setattr("stretto.journal.sql.database.STEPS", (*migrations.STEPS,))
        with pytest.raises(JournalError, match="cannot be used"):
            await open_journal(place).load("r")
    async with open_journal(place) as journal:
        assert await journal.load("r") == kept
    engine = engine_of(place)
    assert "colour" not in {column["name"] for column in inspect(engine).get_columns("stretto_runs")}
    engine.dispose()
