"""kill -9 at moments that nothing prepares for, also between an answer's arrival and its record."""

import asyncio
import random
from pathlib import Path

import pytest

from stretto.core.journal import OutcomeKey, SavedRun
from stretto.journal import open_journal
from tests.forge import Forge
from tests.kill9.batch_crash import BatchCrash, answers
from tests.kill9.crash import Crash, simulate
from tests.simulator import Script, SimulatorThread

SEEDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 40))]


def load(crash: Crash) -> SavedRun:
    """Return what the journal has of the run."""

    async def read() -> SavedRun:
        async with open_journal(crash.folder / "journal.db") as journal:
            return await journal.load(crash.run_id)

    return asyncio.run(read())


def in_flight(saved: SavedRun) -> int:
    """Return how many calls were begun whose outcome was not recorded."""
    keys = [
        OutcomeKey(role=start.role, subtask_id=start.subtask_id, revision=start.revision)
        for start in saved.starts.values()
    ]
    return sum(key not in saved.outcomes for key in keys)


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_any_moment(seed, tmp_path, forge):
    """After so many events told, or answers sent: all is there once, and only what was in flight is asked again."""
    dice = random.Random(seed)
    simulator, subtasks = simulate(seed, Script())
    lines, answers = dice.randint(1, 3 * subtasks + 4), dice.randint(0, subtasks + 2)
    with simulator:
        crash = Crash(simulator, tmp_path, forge)
        if seed % 2:
            crash.run_and_kill(bool, called=lambda calls: sum(call.delivered for call in calls) >= answers, ended=True)
        else:
            crash.run_and_kill(lambda told: len(told) >= lines, ended=True)
        saved = load(crash)
        result = crash.resume()
        ids = [item["subtask"]["id"] for item in result["results"]]
        assert (result["status"], len(ids), len(set(ids))) == ("complete", subtasks, subtasks)
        assert crash.finished().items() <= {i["subtask"]["id"]: i["text"] for i in result["results"]}.items()
        assert len(simulator.repeated()) <= crash.asked_again() <= in_flight(saved)
        recorded = {key.subtask_id: item.text for key, item in saved.outcomes.items() if key.role == "worker"}
        assert recorded.items() <= {i["subtask"]["id"]: i["text"] for i in result["results"]}.items()
        # Nothing that was paid is missing on the books: each call was noted before it was made.
        assert result["usage"]["calls"] == len(load(crash).starts) >= len(simulator.calls)


SOAKS = [(0, 12), *(pytest.param(seed, 300, marks=[pytest.mark.slow, pytest.mark.timeout(900)]) for seed in range(5))]


@pytest.mark.parametrize(("seed", "rows"), SOAKS)
def test_a_batch_killed_again_and_again(seed: int, rows: int, tmp_path: Path, forge: Forge):
    """Killed at random moments until it completes: all is there once, and only what was in flight is paid twice."""
    dice = random.Random(seed)
    with SimulatorThread(answers=answers(3)) as simulator:
        crash = BatchCrash(simulator, tmp_path, forge, rows, 3, concurrency=2 + seed % 7)
        done = None
        while done is None:
            done = crash.kill_after(dice.randint(1, 10 * crash.concurrency))
        crash.check(done)
        assert crash.kills > 3
        assert len(simulator.repeated()) <= crash.asked_again <= len(crash.lost)
        # Few were in flight at any moment: else there would be little to hold.
        assert len(crash.lost) <= crash.kills * 4 * crash.concurrency
