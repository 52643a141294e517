"""A journal in a file: who may read it, and what happens when the file or its disk is not as it should be."""

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from stretto.core.errors import JournalError
from stretto.journal import open_journal
from stretto.journal.sql.migrations import VERSION_TABLE
from tests.journal.samples import result, start, worker
from tests.journal.test_journal import fill

pytestmark = pytest.mark.anyio


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a new journal can be kept."""
    return tmp_path / "folder" / "journal.db"


def modes(folder: Path) -> dict[str, int]:
    """Return who may do what with each file."""
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


@contextmanager
def opened(place: Path) -> Iterator[sqlite3.Connection]:
    """Open the file behind the journal's back."""
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        yield connection


async def test_only_the_owner_can_read_a_journal(place):
    """Folder and files are private from their first moment, whatever the system's habit is."""
    habit = os.umask(0)
    try:
        async with open_journal(place) as journal:
            await journal.open_run("r", {})
            (live,) = place.parent.glob("journal.db-live-*")
            files = ("journal.db", "journal.db-wal", "journal.db-shm", live.name)
            assert modes(place.parent) == dict.fromkeys(files, 0o600)
    finally:
        os.umask(habit)
    assert place.parent.stat().st_mode & 0o777 == 0o700


async def test_a_journal_that_others_could_read_is_made_private(place):
    """A file that was copied with other rights is mended when it is opened."""
    async with open_journal(place) as journal:
        kept = await fill(journal)
    place.chmod(0o644)
    async with open_journal(place) as journal:
        assert await journal.load("r") == kept
    assert modes(place.parent) == {"journal.db": 0o600}


async def test_a_commit_is_on_the_disk_before_it_is_said(place, monkeypatch):
    """Connections write ahead and wait for the disk."""
    seen = []
    connect = sqlite3.connect

    def watched(*args, **options):
        seen.append(connect(*args, **options))
        return seen[-1]

    monkeypatch.setattr("sqlite3.dbapi2.connect", watched)
    async with open_journal(place) as journal:
        await journal.open_run("r", {})
        assert seen
        # Read in this thread: SQLAlchemy lets its connections wander.
        for connection in seen:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


async def test_a_file_that_is_no_database_is_left_alone(place):
    """Somebody's text file is refused by name and not touched, neither what is in it nor who may read it."""
    place.parent.mkdir()
    place.write_text("my notes " * 1000)
    place.chmod(0o644)
    with pytest.raises(JournalError, match=r"journal\.db is not a journal.*Name another file"):
        await open_journal(place).load("r")
    assert place.read_text() == "my notes " * 1000
    assert modes(place.parent) == {"journal.db": 0o644}


async def test_the_database_of_another_program_is_left_alone(place):
    """A database with other tables is refused, and stays as it is to the byte."""
    place.parent.mkdir()
    with opened(place) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    place.chmod(0o644)
    before = place.read_bytes()
    with pytest.raises(JournalError, match="database of something else"):
        await open_journal(place).load("r")
    assert place.read_bytes() == before
    assert modes(place.parent) == {"journal.db": 0o644}


async def test_a_damaged_journal_is_said_to_be(place):
    """A file with overwritten pages is an error in one line that says how to go on."""
    async with open_journal(place) as journal:
        for number in range(50):
            await journal.record("r", worker(number), result(number, "x" * 5_000))
    whole = place.read_bytes()
    place.write_bytes(whole[:8_192] + b"\xa5" * (len(whole) - 8_192))
    with pytest.raises(JournalError, match=r"is damaged.*\.recover") as caught:
        await open_journal(place).load("r")
    assert "\n" not in str(caught.value)
    place.write_bytes(whole)
    async with open_journal(place) as journal:
        assert len((await journal.load("r")).outcomes) == 50


@pytest.mark.parametrize("data", [b"{", b"7", b"\xff", b'{"kind":"worker_completed","result":7}'])
async def test_a_record_that_cannot_be_read_is_named(place, data):
    """Each reader says which run has it, and that a newer version may be the reason."""
    async with open_journal(place) as journal:
        await fill(journal)
        with opened(place) as connection:
            connection.execute("UPDATE stretto_runs SET spec = ?", (data,))
            connection.execute("UPDATE stretto_outcomes SET data = ?", (data,))
            connection.execute("UPDATE stretto_events SET data = ?", (data,))
        unreadable = r"A record of run 'r' cannot be read: .*upgrade"
        with pytest.raises(JournalError, match=unreadable):
            await journal.load("r")
        assert [run.run_id for run in await journal.list_runs()] == ["r"]
        with pytest.raises(JournalError, match=unreadable):
            await journal.events("r")
        with pytest.raises(JournalError, match=unreadable):
            await journal.record("r", worker(1), result(1))
        await journal.leave_run("r")
        assert await journal.delete("r")


@pytest.mark.parametrize("mode", ["wal", "delete"])
async def test_a_newer_schema_is_not_touched(place, mode):
    """Not a byte of the file, not its time, not its mode; and no file beside it."""
    async with open_journal(place) as journal:
        await fill(journal)
    with opened(place) as connection:
        connection.execute(f"INSERT INTO {VERSION_TABLE} (version) VALUES (99)")
        connection.commit()
        connection.execute(f"PRAGMA journal_mode = {mode}")
    place.chmod(0o640)
    os.utime(place, (1_000_000_000, 1_000_000_000))
    before = place.read_bytes()
    for _ in range(2):
        with pytest.raises(JournalError, match="a newer stretto"):
            await open_journal(place).open_run("new", {})
    status = place.stat()
    assert (place.read_bytes(), status.st_mtime, status.st_mode & 0o777) == (before, 1_000_000_000, 0o640)
    assert [file.name for file in place.parent.iterdir()] == [place.name]


async def test_a_newer_schema_with_something_written_ahead_is_not_touched(place):
    """What a process that was killed had written ahead stays there for the stretto that can read it."""
    async with open_journal(place) as journal:
        await fill(journal)
    with sqlite3.connect(place) as holder:
        holder.execute("PRAGMA wal_autocheckpoint = 0")
        holder.execute(f"INSERT INTO {VERSION_TABLE} (version) VALUES (99)")
        holder.commit()
        ahead = place.with_name(f"{place.name}-wal")
        whole, written = place.read_bytes(), ahead.read_bytes()
    holder.close()
    place.write_bytes(whole)
    ahead.write_bytes(written)
    with pytest.raises(JournalError, match="a newer stretto"):
        await open_journal(place).open_run("new", {})
    assert (place.read_bytes(), ahead.read_bytes()) == (whole, written)
    assert {file.name for file in place.parent.iterdir()} == {place.name, ahead.name}


async def test_a_journal_that_stays_locked_is_said_to_be(place):
    """Who waits longer than the patience gets an error; afterwards everything goes on."""
    async with open_journal(place, patience=0.1) as journal:
        await journal.open_run("r", {})
        with opened(place) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalError, match=r"locked by another program for more than 0\.1 seconds"):
                await journal.start_call("r", start("a"))
            assert (await journal.load("r")).starts == {}  # Reading does not need the lock.
            other.execute("ROLLBACK")
        await journal.start_call("r", start("a"))
        assert (await journal.load("r")).starts == {"a": start("a")}


async def test_a_run_that_could_not_be_left_is_known_when_it_is_opened_again(place):
    """Its row still says that this process has it, and what is recorded of it must not be paid for twice."""
    async with open_journal(place, patience=0.1) as journal:
        assert await journal.open_run("r", {"task": "t"})
        with opened(place) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalError, match="locked by another program"):
                await journal.leave_run("r")
            other.execute("ROLLBACK")
        assert not await journal.open_run("r", {"task": "t"})
        assert await journal.hold_run("r") == "running"


async def test_a_locked_journal_is_not_opened_and_opens_later(place):
    """Opening for the first time waits in the same way, and leaves nothing half made."""
    place.parent.mkdir()
    journal = open_journal(place, patience=0.1)
    with opened(place) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(JournalError, match="locked by another program"):
            await journal.load("r")
        other.execute("ROLLBACK")
    async with journal:
        await fill(journal)


async def test_a_folder_that_cannot_be_made_is_said_to_be(tmp_path):
    """A file where a folder should be is named, with the way out."""
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"Cannot open the journal .*file/journal\.db.*Name another file, or"):
        await open_journal(tmp_path / "file" / "journal.db").load("r")


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device", "link to a pipe"])
async def test_what_is_no_file_is_refused(place, kind):
    """A folder, a pipe, a socket or a device is named in one line, and nobody waits for it."""
    place.parent.mkdir(parents=True)
    match kind:
        case "folder":
            place.mkdir()
        case "pipe":
            os.mkfifo(place)
        case "socket":
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(os.fspath(place))
        case "device":
            place.symlink_to("/dev/null")
        case _:
            os.mkfifo(place.with_name("pipe"))
            place.symlink_to("pipe")
    what = kind.rpartition(" ")[2]
    with pytest.raises(JournalError, match=f"Cannot open the journal .*: it is a {what}. Name another file"):
        await open_journal(place).load("r")


async def test_a_damaged_page_is_found_before_anything_is_written(place):
    """No run is begun in a journal that could not give it back, wherever the damage is; the file stays as it was."""
    async with open_journal(place) as journal:
        for number in range(50):
            await journal.record("r", worker(number), result(number, "x" * 5_000))
        await journal.close_run("r", "complete")
    whole = bytearray(place.read_bytes())
    middle = len(whole) // 8_192 * 4_096
    whole[middle : middle + 4_096] = b"\xa5" * 4_096
    place.write_bytes(whole)
    async with open_journal(place) as journal:
        with pytest.raises(JournalError, match=r"is damaged.*\.recover"):
            await journal.open_run("new", {"task": "t"})
    assert place.read_bytes() == whole


def test_a_full_disk_stops_clearly_and_loses_nothing(tmp_path):
    """On a small disk: a clear stop, everything kept before is there, and with room again it goes on."""
    folder = tmp_path / "disk"
    folder.mkdir()
    enter = ["unshare", "--map-root-user", "--mount"]
    try:
        subprocess.run([*enter, "mount", "-t", "tmpfs", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"No small disk can be mounted here, so a full one is not tested: {error!r}")
    done = subprocess.run(
        [*enter, sys.executable, "-m", "tests.journal.full_disk", str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    not_opened, not_written, read_only = done.stdout.splitlines()
    for full in (not_opened, not_written):
        assert "cannot be written: the disk is full. Free some space" in full
    assert "may not be written: what is in it can only be read. Name another file" in read_only
