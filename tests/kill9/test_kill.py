"""kill -9 at every stage of a run: resumed, it has every result once and repeats no call that was finished."""

import json
import random

import pytest

from tests.kill9.crash import Crash, count, held, simulate, tokens_until

SEEDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 20))]


def check(crash: Crash, result, subtasks: int) -> None:
    """Nothing is lost, nothing is there twice, no finished call was repeated, and every call is on the books."""
    ids = [item["subtask"]["id"] for item in result["results"]]
    assert (result["status"], len(ids), len(set(ids))) == ("complete", subtasks, subtasks)
    assert len({item["subtask"]["type"] for item in result["results"]}) == subtasks
    texts = {item["subtask"]["id"]: item["text"] for item in result["results"]}
    assert crash.finished().items() <= texts.items()
    assert result["synthesis"]["text"]
    assert crash.simulator.repeated() == ()
    assert crash.asked_again() <= crash.open_at_kill
    assert result["usage"]["calls"] == len(crash.simulator.calls)


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_when_it_was_accepted(seed, tmp_path, forge):
    """Nothing was answered yet: the run is there, and everything is done once."""
    simulator, subtasks = simulate(seed, held("orchestrator", after_tokens=None if seed % 2 else 0))
    with simulator:
        crash = Crash(simulator, tmp_path, forge)
        crash.run_and_kill(lambda lines: lines)
        check(crash, crash.resume(), subtasks)
        assert crash.calls_before == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_in_the_middle_of_the_plan(seed, tmp_path, forge):
    """Sealed subtasks with their results stay, and the orchestrator is only asked for the rest."""
    subtasks = 3 + seed % 4
    sealed = random.Random(seed).randint(1, subtasks - 1)
    simulator, _ = simulate(seed, held("orchestrator", after_tokens=tokens_until(sealed, subtasks)))
    with simulator:
        crash = Crash(simulator, tmp_path, forge)
        crash.run_and_kill(lambda lines: count(lines, "worker_completed") == sealed)
        check(crash, crash.resume(), subtasks)
        assert len(crash.finished()) == sealed
        assert crash.asked_again() == 0
        assert crash.calls_before == 1 + sealed


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_when_the_plan_was_saved(seed, tmp_path, forge):
    """The plan is not asked for again; only the workers that were in flight are."""
    simulator, subtasks = simulate(seed, held("worker", after_tokens=None if seed % 2 else 5))
    with simulator:
        crash = Crash(simulator, tmp_path, forge)
        crash.run_and_kill(
            lambda lines: count(lines, "plan_completed"), called=lambda calls: len(calls) == 1 + subtasks
        )
        check(crash, crash.resume(), subtasks)
        assert crash.asked_again() == crash.open_at_kill == subtasks


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_with_some_workers_done(seed, tmp_path, forge):
    """Results that were there are not made again; the other workers are."""
    done = random.Random(seed).randint(1, 2)
    simulator, subtasks = simulate(seed, held("worker", skip=done))
    with simulator:
        crash = Crash(simulator, tmp_path, forge)
        crash.run_and_kill(
            lambda lines: count(lines, "worker_completed") == done and count(lines, "plan_completed"),
            called=lambda calls: len(calls) == 1 + subtasks,
        )
        check(crash, crash.resume(), subtasks)
        assert len(crash.finished()) == done
        assert crash.asked_again() == crash.open_at_kill == subtasks - done


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_during_synthesis(seed, tmp_path, forge):
    """With every result there, the synthesis alone is made again."""
    simulator, subtasks = simulate(seed, held("synthesis", after_tokens=None if seed % 2 else 5))
    with simulator:
        crash = Crash(simulator, tmp_path, forge)
        crash.run_and_kill(
            lambda lines: count(lines, "synthesis_started"), called=lambda calls: len(calls) == 2 + subtasks
        )
        check(crash, crash.resume(), subtasks)
        assert len(crash.finished()) == subtasks
        assert crash.asked_again() == crash.open_at_kill == 1


HANGS_BEFORE_RENAMING = """
import json, sys, threading
from pathlib import Path
from stretto.faces.cli import main

def hang(self, target):
    print(json.dumps({"kind": "renaming"}), flush=True)
    threading.Event().wait()

Path.replace = hang
sys.exit(main())
"""


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_before_the_output_is_renamed(seed, tmp_path, forge):
    """The file that was there is untouched, and a resume writes the new one without any call."""
    simulator, subtasks = simulate(seed, held("nobody"))
    output = tmp_path / "out.json"
    output.write_text("old")
    with simulator:
        crash = Crash(simulator, tmp_path, forge)
        crash.run_and_kill(
            lambda lines: count(lines, "renaming"),
            *("-o", "out.json"),
            script=HANGS_BEFORE_RENAMING,
        )
        assert output.read_text() == "old"
        assert len(list(tmp_path.glob(".*.part"))) == 1
        result = crash.resume("-o", "out.json")
        check(crash, result, subtasks)
        assert len(simulator.calls) == crash.calls_before
    assert not list(tmp_path.glob(".*.part"))
    written = json.loads(output.read_text())
    assert [item["text"] for item in written["results"]] == [item["text"] for item in result["results"]]
