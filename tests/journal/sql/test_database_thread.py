"""The thread that works for all who ask: when it rests, and what that keeps nobody from."""

import asyncio
from collections.abc import Sequence

import anyio
import pytest

from stretto.journal.sql import database_thread as line
from stretto.journal.sql.database_thread import DatabaseThread

pytestmark = pytest.mark.anyio


class Goes:
    """Answers each with itself, and notes how many were done in each go."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.line: DatabaseThread[int, int] = DatabaseThread("a line", "nowhere", self._do)

    def _do(self, asked: Sequence[int]) -> Sequence[int]:
        self.sizes.append(len(asked))
        return asked


@pytest.fixture
def goes(monkeypatch: pytest.MonkeyPatch) -> Goes:
    """A line whose rests last for longer than any test."""
    monkeypatch.setattr(line, "_REST", 1e12)
    monkeypatch.setattr(line, "_LONGEST_REST", 600.0)
    return Goes()


async def test_whoever_asks_alone_is_served_at_once(goes):
    """After a few it does not rest: nobody would gain from it."""
    assert [await goes.line.ask(number) for number in range(3)] == [0, 1, 2]
    assert goes.sizes == [1, 1, 1]
    goes.line.close()


async def test_after_many_it_rests_and_those_who_come_meanwhile_are_served_together(goes):
    """They share one go, however far apart they asked; who closes the line ends the rest, and they are served."""
    assert await asyncio.gather(*map(goes.line.ask, range(20))) == list(range(20))
    later: list[asyncio.Task[int]] = []
    for number in range(3):
        later.append(asyncio.create_task(goes.line.ask(number)))
        await anyio.wait_all_tasks_blocked()
    assert goes.sizes == [20]
    await anyio.to_thread.run_sync(goes.line.close)
    assert await asyncio.gather(*later) == [0, 1, 2]
    assert goes.sizes == [20, 3]
