"""The same promises for every journal: memory, SQLite, Postgres."""

from pathlib import Path

import pytest

from stretto.journal import MemoryJournal, open_journal
from tests.journal.servers import schema_url


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
