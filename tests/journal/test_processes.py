"""Several processes with one journal."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing

import anyio
import pytest
from anyio.to_thread import run_sync

from stretto.journal import open_journal
from tests.journal.samples import result, worker

pytestmark = pytest.mark.anyio


def process(place: str, run_id: str, count: int) -> subprocess.Popen:
    """Start a process that writes."""
    command = [sys.executable, "-m", "tests.journal.process", place, run_id, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def test_first_openings_at_once_make_one_journal(place):
    """Four processes that open a journal that does not exist yet all find it whole."""
    with ExitStack() as stack:
        writers = [stack.enter_context(process(place, f"r{number}", 3)) for number in range(4)]
        outputs = [await run_sync(lambda writer=writer: writer.communicate()[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4
    assert [len(output.splitlines()) for output in outputs] == [3] * 4
    async with open_journal(place) as journal:
        assert sorted(run.task for run in await journal.list_runs() if run.task) == ["r0", "r1", "r2", "r3"]


async def test_a_process_killed_in_the_middle_loses_nothing_that_it_was_told_is_kept(place):
    """Of two writers one is killed: what it had acknowledged is there, and the other goes on to its end."""
    with process(place, "killed", 1_000_000) as killed, process(place, "other", 60) as other:
        acknowledged = [await run_sync(killed.stdout.readline) for _ in range(40)]
        killed.send_signal(signal.SIGKILL)
        acknowledged += (await run_sync(killed.stdout.read)).splitlines(keepends=True)
        theirs = (await run_sync(other.stdout.read)).splitlines()
    assert (killed.returncode, other.returncode) == (-signal.SIGKILL, 0)
    async with open_journal(place) as journal:
        lost, kept, shared = [await journal.load(run_id) for run_id in ("killed", "other", "shared")]
    whole = [line.split() for line in acknowledged if line.endswith("\n")]
    for number, _ in whole:
        assert lost.outcomes[worker(int(number))] == result(int(number), "killed")
        assert lost.ends.keys() >= {f"killed-{number}"}
    assert len(kept.outcomes) == len(kept.starts) == len(kept.ends) == len(theirs) == 60
    for number, winner in [*whole, *(line.split() for line in theirs)]:
        assert shared.outcomes[worker(int(number))].text == winner


async def test_a_file_is_whole_after_a_kill(tmp_path):
    """SQLite finds nothing wrong with a journal whose only writer was killed."""
    place = tmp_path / "journal.db"
    with process(str(place), "killed", 1_000_000) as killed:
        for _ in range(20):
            await run_sync(killed.stdout.readline)
        killed.kill()
    async with open_journal(place) as journal:
        assert len((await journal.load("killed")).outcomes) >= 20
    with closing(sqlite3.connect(place)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_two_journals_in_one_process_agree(place):
    """Opened twice, what one keeps the other finds, and the first outcome stands in both."""
    async with open_journal(place) as one, open_journal(place) as two:
        seen = []

        async def write(journal, text: str) -> None:
            seen.append(await journal.record("r", worker(), result(text=text)))

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(write, (one, two)[number % 2], str(number))
        assert len({kept.text for kept in seen}) == 1
        assert (await one.load("r")) == (await two.load("r"))
