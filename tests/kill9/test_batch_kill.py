"""kill -9 at every stage of a batch: the same command again has every row once and repeats no finished call."""

from pathlib import Path

import pytest

from tests.forge import Forge
from tests.kill9.batch_crash import BatchCrash, answers
from tests.kill9.crash import held, tokens_until
from tests.kill9.test_kill import HANGS_BEFORE_RENAMING
from tests.simulator import Script, SimulatorThread

POINTS = ("accepted", "mid-plan", "plans saved", "some workers done", "synthesis", "before the rename")
# An even seed and an odd one reach a point differently; each point has one of them in `make test`.
CASES = [
    pytest.param(point, seed, marks=() if seed == place % 2 else pytest.mark.full)
    for place, point in enumerate(POINTS)
    for seed in range(20)
]
OLD = "name\nan earlier output\n"


def a_batch(seed: int, simulator: SimulatorThread, folder: Path, forge: Forge) -> BatchCrash:
    """Return a batch whose size and concurrency are the seed's."""
    concurrency = 2 + seed % 3
    crash = BatchCrash(simulator, folder, forge, 2 * concurrency + 2 + seed % 2, subtasks_of(seed), concurrency)
    crash.output.write_text(OLD)
    return crash


def subtasks_of(seed: int) -> int:
    """Return how many texts each row has."""
    return 2 + seed % 2


def kill_at(point: str, crash: BatchCrash, seed: int) -> None:
    """Run the batch to a point and kill it there."""
    early = None if seed % 2 else 0
    match point:
        case "accepted":
            crash.kill_held(held("orchestrator", after_tokens=early), "orchestrator")
        case "mid-plan":
            spoken = tokens_until(1, crash.subtasks)
            crash.kill_held(held("orchestrator", after_tokens=spoken, skip=1 + seed % 2), "orchestrator")
        case "plans saved":
            crash.kill_held(held("worker", after_tokens=early), "worker")
        case "some workers done":
            crash.kill_held(held("worker", after_tokens=early, skip=1 + seed % 3), "worker")
        case "synthesis":
            crash.kill_held(held("synthesis", after_tokens=early, skip=seed % 2), "synthesis")
        case _:
            crash.simulator.play_script(Script())
            command = crash.start(HANGS_BEFORE_RENAMING)
            assert b"renaming" in command.out.readline()
            crash.kill(command)
            assert len(crash.left_behind) == 1
    assert crash.output.read_text() == OLD


def check(crash: BatchCrash) -> None:
    """Type the command again: nothing is lost, doubled or paid twice but what was in flight."""
    before = len(crash.simulator.calls)
    everything_was_done = not crash.open_at_kills
    done = crash.complete()
    crash.check(done)
    assert crash.simulator.repeated() == ()
    assert crash.asked_again == crash.open_at_kills == len(crash.lost)
    assert not everything_was_done or len(crash.simulator.calls) == before


@pytest.mark.parametrize(("point", "seed"), CASES)
def test_a_batch_killed_at_a_point(point: str, seed: int, tmp_path: Path, forge: Forge):
    """Wherever it was killed, the same command makes what is missing and nothing else, and the output is whole."""
    with SimulatorThread(answers=answers(subtasks_of(seed))) as simulator:
        crash = a_batch(seed, simulator, tmp_path, forge)
        kill_at(point, crash, seed)
        assert crash.open_at_kills == (0 if point == "before the rename" else crash.concurrency)
        check(crash)


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.full) for seed in range(20)])
def test_a_batch_killed_at_every_point(seed: int, tmp_path: Path, forge: Forge):
    """One batch that is killed at one point after the other comes to its end all the same."""
    with SimulatorThread(answers=answers(subtasks_of(seed))) as simulator:
        crash = a_batch(seed, simulator, tmp_path, forge)
        for point in POINTS:
            kill_at(point, crash, seed)
        assert crash.kills == len(POINTS)
        check(crash)
