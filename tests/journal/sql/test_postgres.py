"""A journal on Postgres: a server that goes away, comes back, or was never there."""

import subprocess
import sys
import warnings
from collections.abc import Iterator

import anyio
import psycopg
import pytest
from anyio.to_thread import run_sync

from stretto.core.errors import JournalError
from stretto.journal import open_journal
from tests.journal.samples import result, start, worker
from tests.journal.servers import postgres, schema_url
from tests.journal.test_journal import fill

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def own_server() -> Iterator:
    """A server that may be stopped."""
    with postgres() as server:
        yield server


def again(server) -> None:
    """Start a stopped server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.start()


async def test_a_restart_in_the_middle_loses_and_doubles_nothing(own_server):
    """Writers and readers wait for a server that restarts; every write is there once, and the first stands."""
    url = schema_url(own_server)
    under_way = anyio.Event()

    async with open_journal(url) as one, open_journal(url) as two:

        async def write(journal, text: str) -> None:
            for number in range(150):
                await journal.start_call("r", start(f"{text}{number}"))
                seen[number].append(await journal.record("r", worker(number), result(number, text)))
                if number == 10:
                    under_way.set()

        async def read() -> None:
            await under_way.wait()
            reads.append(await one.load("r"))

        seen, reads = [[] for _ in range(150)], []
        async with anyio.create_task_group() as group:
            group.start_soon(write, one, "one")
            group.start_soon(write, two, "two")
            await under_way.wait()
            await run_sync(own_server.stop)
            group.start_soon(read)
            await run_sync(again, own_server)
        saved = await one.load("r")
    assert len(saved.starts) == 300
    assert len(reads[0].outcomes) > 10
    for number, (first, second) in enumerate(seen):
        assert first == second == saved.outcomes[worker(number)]


async def test_a_server_that_stays_away_is_said_and_found_again(own_server):
    """Past the patience there is an error, without the password; when the server is back, the journal goes on."""
    url = schema_url(own_server).replace("postgres:@", "postgres:hunter2@")
    async with open_journal(url, patience=0.3) as journal:
        kept = await fill(journal)
        await run_sync(own_server.stop)
        try:
            for attempt in (lambda: journal.start_call("r", start("z")), lambda: journal.load("r")):
                with pytest.raises(JournalError, match=r"journal postgresql://.* cannot be reached") as caught:
                    await attempt()
                assert "hunter2" not in str(caught.value)
                assert "\n" not in str(caught.value)
            with pytest.raises(JournalError, match="cannot be reached"):
                await open_journal(url, patience=0.3).load("r")
        finally:
            await run_sync(again, own_server)
        assert await journal.load("r") == kept
        await journal.start_call("r", start("z"))
        assert "z" in (await journal.load("r")).starts


async def test_a_wrong_address_is_said_at_once(postgres_server):
    """What was never reached is not waited for: a wrong port, a wrong database."""
    uri = postgres_server.get_uri()
    for url in ("postgresql://me:hunter2@127.0.0.1:1/db", uri.replace("/postgres?", "/nothing?")):
        with pytest.raises(JournalError, match="cannot be reached") as caught:
            await open_journal(url).load("r")
        assert "hunter2" not in str(caught.value)


async def test_a_row_that_another_holds_is_waited_for(postgres_server):
    """A transaction that never ends is waited for within the patience; afterwards everything goes on."""
    url = schema_url(postgres_server)
    async with open_journal(url, patience=0.3) as journal:
        await fill(journal)
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE stretto_call_starts IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(JournalError, match="lock timeout"):
                await journal.start_call("r", start("z"))
            other.rollback()
        await journal.start_call("r", start("z"))


async def test_a_machine_that_is_cut_off_does_not_hold_its_rows(postgres_server):
    """The server ends a transaction of ours that says nothing more."""
    url = schema_url(postgres_server)
    async with open_journal(url) as journal:
        await fill(journal)
        with psycopg.connect(postgres_server.get_uri()) as other:
            ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'stretto'"
            assert other.execute(ours).fetchall()
        limits = await run_sync(journal._database.read, _limits)
    assert limits == ("10s", "30s")


def _limits(connection) -> tuple[str, str]:
    names = ("idle_in_transaction_session_timeout", "lock_timeout")
    return tuple(connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names)


async def test_other_tables_beside_the_journal_are_left_alone(postgres_server):
    """A database that is used for something else too takes a journal."""
    url = schema_url(postgres_server)
    with psycopg.connect(url) as other:
        other.execute("CREATE TABLE orders (id int)")
        other.execute("INSERT INTO orders VALUES (7)")
    async with open_journal(url) as journal:
        kept = await fill(journal)
        assert await journal.load("r") == kept
    with psycopg.connect(url) as other:
        assert other.execute("SELECT id FROM orders").fetchall() == [(7,)]


async def test_a_user_without_rights_is_told_which_are_needed(postgres_server):
    """Who may not create tables gets the server's reason and the way out."""
    url = schema_url(postgres_server)
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as owner:
        owner.execute("CREATE ROLE guest LOGIN")
    try:
        with pytest.raises(JournalError, match=r"may not be used: no schema.*Give this user the right"):
            await open_journal(url.replace("postgres:@", "guest@")).load("r")
    finally:
        with psycopg.connect(postgres_server.get_uri(), autocommit=True) as owner:
            owner.execute("DROP ROLE guest")


async def test_a_read_only_server_is_said_to_be_one(postgres_server):
    """A copy that cannot be written to is told apart from a fault."""
    url = schema_url(postgres_server)
    async with open_journal(url) as journal:
        kept = await fill(journal)
    async with open_journal(url + "%20-cdefault_transaction_read_only%3Don") as journal:
        assert await journal.load("r") == kept
        with pytest.raises(JournalError, match=r"may not be written.*read-only copy"):
            await journal.start_call("r", start("z"))


def test_a_machine_without_psycopg_is_told_how_to_get_it():
    """The missing extra is named with the command that installs it."""
    script = """
import sys
sys.modules["psycopg"] = None
from stretto.core.errors import JournalError
from stretto.journal import open_journal
try:
    open_journal("postgresql://localhost/db")
except JournalError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 'pip install "stretto[postgres]"' in done.stdout
