"""A run that somebody carries out is known as such, by every process, until that somebody ends in whatever way."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import anyio
import pytest
from anyio.to_thread import run_sync

from stretto.core.errors import UnderWayError
from stretto.core.journal import SavedRun
from stretto.journal import open_journal
from tests.forge import Command, shared_forge
from tests.journal.samples import result, worker
from tests.journal.servers import postgres, schema_url
from tests.journal.sql.test_postgres import again

pytestmark = pytest.mark.anyio

TOMORROW = datetime.now(UTC) + timedelta(days=1)
REFUSED = "Run r is being carried out right now. Wait for its end, or stop it where it was started."


HOLDER = "import anyio; from tests.journal.holder import main; anyio.run(main, *sys.argv[1:])"


class Holder:
    """A process with the journal open."""

    def __init__(self, process: Command, stdin: IO[str]) -> None:
        self.process = process
        self.stdin = stdin
        assert self.hears() == "ready"

    def told(self, order: str) -> None:
        """Give an order."""
        print(order, file=self.stdin, flush=True)

    def hears(self) -> str:
        """Return what came of an order."""
        return self.process.out.readline().decode().strip()

    async def does(self, order: str) -> str:
        """Give an order and return what came of it."""
        self.told(order)
        return await run_sync(self.hears)

    def kill(self) -> None:
        """Let it die, as by kill -9."""
        self.process.kill()
        self.process.wait()


@contextmanager
def holder(place: object, run_id: str = "r") -> Iterator[Holder]:
    """Start a process with the journal open."""
    theirs, mine = os.pipe()
    process = shared_forge().start(
        [str(place), run_id], environ=os.environ, folder=Path.cwd(), script=HOLDER, stdin=theirs
    )
    os.close(theirs)
    with process.out, process.err, os.fdopen(mine, "w") as stdin:
        try:
            yield Holder(process, stdin)
        finally:
            process.kill()
            process.wait()


async def states(journal) -> dict[str, str]:
    """Return how the runs stand in the list, which must be how each says that it stands."""
    listed = {run.run_id: run.state for run in await journal.list_runs()}
    assert listed == {run_id: await journal.state(run_id) for run_id in listed}
    return listed


async def test_a_run_is_running_from_its_opening_to_its_close(journal):
    """Opened it runs, left it is interrupted, held it runs again, closed it is what it was closed as."""
    assert await journal.state("r") is None
    assert await journal.open_run("r", {"task": "t"})
    assert await states(journal) == {"r": "running"}
    await journal.leave_run("r")
    assert await states(journal) == {"r": "interrupted"}
    assert not await journal.open_run("r", {"task": "another"})
    assert await states(journal) == {"r": "interrupted"}
    assert await journal.hold_run("r") == "running"
    assert await states(journal) == {"r": "running"}
    await journal.close_run("r", "partial")
    await journal.leave_run("r")
    assert await states(journal) == {"r": "partial"}
    assert await journal.hold_run("r") == "partial"
    assert await states(journal) == {"r": "running"}
    assert await journal.spec("r") == {"task": "t"}


async def test_what_is_under_way_here_is_neither_held_again_nor_removed(journal):
    """The refusal names the run and the way out; another run is nobody's concern."""
    await journal.open_run("r", {})
    await journal.open_run("other", {})
    await journal.leave_run("other")
    for attempt in (journal.hold_run("r"), journal.delete("r")):
        with pytest.raises(UnderWayError) as caught:
            await attempt
        assert str(caught.value) == REFUSED
    assert await journal.prune(before=TOMORROW) == 1
    assert await states(journal) == {"r": "running"}
    await journal.leave_run("r")
    assert await journal.delete("r")
    assert await journal.state("r") is None


async def test_of_many_in_one_process_one_holds_it(journal):
    """Twenty who hold one run at the same moment: one has it, the others are refused."""
    await journal.open_run("r", {})
    await journal.leave_run("r")
    held = []

    async def hold() -> None:
        try:
            held.append(await journal.hold_run("r"))
        except UnderWayError:
            held.append(None)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(hold)
    assert sorted(map(str, held)) == ["None"] * 19 + ["running"]


async def test_runs_are_listed_by_how_they_stand(journal):
    """Running and interrupted are told apart when one of them is asked for."""
    for run_id in ("running", "interrupted", "partial"):
        await journal.open_run(run_id, {})
    await journal.leave_run("interrupted")
    await journal.close_run("partial", "partial")
    for state in ("running", "interrupted", "partial"):
        assert [run.run_id for run in await journal.list_runs(states=[state])] == [state]
    assert len(await journal.list_runs(states=["interrupted", "running"])) == 2


async def test_another_process_sees_that_a_run_is_under_way(place):
    """While it lives: running, neither held nor deleted nor pruned by others. Killed with -9: interrupted, and free."""
    async with open_journal(place) as journal:
        with holder(place) as other:
            assert await other.does("open") == "new"
            assert await states(journal) == {"r": "running"}
            assert not await journal.open_run("r", {})
            for attempt in (journal.hold_run("r"), journal.delete("r")):
                with pytest.raises(UnderWayError, match=REFUSED):
                    await attempt
            assert await journal.prune(before=TOMORROW) == 0
            other.kill()
        await gone(journal)
        assert await journal.hold_run("r") == "running"
        assert await states(journal) == {"r": "running"}
        await journal.close_run("r", "complete")
        assert await states(journal) == {"r": "complete"}


async def gone(journal) -> None:
    """Wait for a server to notice that a connection has ended; a file's lock ends with the process."""
    while "running" in (await states(journal)).values():
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("way_out", ["delete", "prune", "hold"])
async def test_a_run_whose_process_was_killed_in_a_resume_is_free(place, way_out):
    """It does not show how it stood before the resume, and can be deleted, pruned and gone on with."""
    async with open_journal(place) as journal:
        await journal.open_run("r", {})
        await journal.record("r", worker(), result())
        await journal.close_run("r", "partial")
        with holder(place) as other:
            assert await other.does("hold") == "held after partial"
            assert await states(journal) == {"r": "running"}
            other.kill()
        await gone(journal)
        assert await states(journal) == {"r": "interrupted"}
        match way_out:
            case "delete":
                assert await journal.delete("r")
            case "prune":
                assert await journal.prune(before=TOMORROW) == 1
            case _:
                assert await journal.hold_run("r") == "running"
                return
        assert await journal.load("r") == SavedRun()


async def test_a_process_that_ends_well_leaves_its_runs(place):
    """Closing the journal is enough: what was still under way is interrupted."""
    async with open_journal(place) as journal:
        with holder(place) as other:
            await other.does("open")
            other.stdin.close()
            assert await run_sync(other.process.wait) == 0
        await gone(journal)
        assert await states(journal) == {"r": "interrupted"}


@pytest.mark.parametrize("before", ["new", "left", "killed", "partial"])
async def test_of_many_processes_at_the_same_moment_one_goes_on(place, before):
    """Four processes that want the same run at once, however it stood: one has it, three are refused."""
    async with open_journal(place) as journal:
        with ExitStack() as stack:
            if before != "new":
                first = stack.enter_context(holder(place))
                await first.does("open")
                if before == "killed":
                    first.kill()
                    await gone(journal)
                else:
                    await first.does({"left": "leave"}.get(before, before))
            order = "open" if before == "new" else "hold"
            others = [stack.enter_context(holder(place)) for _ in range(4)]
            for other in others:
                other.told(order)
            said = sorted([await run_sync(other.hears) for other in others])
            if before == "new":
                assert said == ["known"] * 3 + ["new"]
            else:
                how = "partial" if before == "partial" else "running"
                assert said == [f"held after {how}", *[f"refused: {REFUSED}"] * 3]
            assert await states(journal) == {"r": "running"}


async def test_who_lost_a_run_does_not_say_how_it_ended(place):
    """A run that was taken over is closed by who has it now; what the earlier one says of it changes nothing."""
    async with open_journal(place) as one, open_journal(place) as two:
        await one.open_run("r", {})
        await two.hold_run("r", take_over=True)
        await one.close_run("r", "failed")
        await one.leave_run("r")
        assert await states(one) == {"r": "running"}
        await two.close_run("r", "complete")
        assert await states(one) == {"r": "complete"}


async def test_a_thousand_runs_under_way_hold_one_file(tmp_path: Path):
    """However many runs a process has under way, it is one lock; dead ones are swept away by the next process."""
    place = tmp_path / "journal.db"

    def live() -> list[Path]:
        return list(tmp_path.glob("journal.db-live-*"))

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    with holder(place) as dead:
        await dead.does("open")
        dead.kill()
    (left,) = live()
    async with open_journal(place) as journal:
        await journal.open_run("first", {})
        assert (len(live()), left.exists()) == (1, False)
        before = descriptors()
        async with anyio.create_task_group() as group:
            for number in range(1_000):
                group.start_soon(journal.open_run, f"r{number}", {})
        assert (len(live()), descriptors()) == (1, before)
        listed = await journal.list_runs(states=["running"], limit=2_000)
        assert len(listed) == 1_001
        assert await journal.state("r") == "interrupted"
    assert live() == []


async def test_a_journal_that_has_two_names_is_one(tmp_path: Path):
    """A run that is under way is seen through a symbolic link to the file, too."""
    place, link = tmp_path / "one" / "journal.db", tmp_path / "link.db"
    link.symlink_to(place)
    async with open_journal(place) as journal:
        await journal.open_run("r", {})
        async with open_journal(link) as other:
            assert await states(other) == {"r": "running"}


async def test_a_server_that_restarts_does_not_end_what_is_under_way():
    """Its locks are gone with it; as soon as the process has asked it for anything, its runs are running again."""
    with postgres() as server:
        url = schema_url(server)
        async with open_journal(url) as journal, open_journal(url) as other:
            await journal.open_run("r", {})
            await run_sync(server.stop)
            await run_sync(again, server)
            assert await states(other) == {"r": "interrupted"}
            await journal.record("r", worker(), result())
            assert await states(other) == {"r": "running"}
            with pytest.raises(UnderWayError):
                await other.hold_run("r")
            await journal.close_run("r", "complete")
            assert await states(other) == {"r": "complete"}
