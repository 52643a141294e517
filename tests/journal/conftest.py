"""The same promises for every journal: memory, SQLite, Postgres."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy

from stretto.journal import MemoryJournal, open_journal
from tests.journal.servers import postgres

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator:
    """One server for all tests that do not stop it."""
    with postgres() as server:
        yield server


def schema_url(server) -> str:
    """Return the address of a new, empty corner of a server's database."""
    name = f"corner_{next(_NUMBERS)}"
    engine = sqlalchemy.create_engine(server.get_uri(driver="psycopg"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{server.get_uri()}&options={quote(f'-csearch_path={name}')}"


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new journal can be kept, for each kind of database."""
    if request.param == "sqlite":
        return str(tmp_path / "data" / "journal.db")
    return schema_url(request.getfixturevalue("postgres_server"))


@pytest.fixture
async def sql_journal(place: str):
    """An open journal in a database, for each kind."""
    async with open_journal(place) as journal:
        yield journal


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path):
    """An open journal of each kind."""
    if request.param == "memory":
        yield MemoryJournal()
        return
    place = tmp_path / "journal.db"
    if request.param == "postgres":
        place = schema_url(request.getfixturevalue("postgres_server"))
    async with open_journal(place) as journal:
        yield journal
