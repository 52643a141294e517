"""A run that one command carries out, as other commands see it; and after it was killed."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from stretto.journal import open_journal
from tests.journal.servers import schema_url
from tests.kill9.crash import MODEL, TASK, Crash, count, held, simulate
from tests.simulator import Script

# Each test starts a dozen commands, which takes its time where others use the machine.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=["sqlite", "postgres"])
def crash(request: pytest.FixtureRequest, tmp_path, forge) -> Iterator[Crash]:
    """A run whose first worker gets its answer and whose others never do, for each kind of journal."""
    simulator, _ = simulate(0, held("worker", skip=1))
    journal = schema_url(request.getfixturevalue("postgres_server")) if request.param == "postgres" else ""
    with simulator:
        yield Crash(simulator, tmp_path, forge, journal=journal)


def halfway(lines) -> bool:
    """Whether the plan is there and one text is."""
    return bool(count(lines, "worker_completed") and count(lines, "plan_completed"))


def all_asked(calls) -> bool:
    """Whether the plan and its three texts have been asked for: of itself the run makes no further call."""
    return len(calls) == 4


def state(crash: Crash, run_id: str = "") -> str | None:
    """Return how the run stands."""

    async def read() -> str | None:
        async with open_journal(crash.journal or crash.folder / "journal.db") as journal:
            return await journal.state(run_id or crash.run_id)

    return asyncio.run(read())


def interrupted(crash: Crash, run_id: str = "") -> bool:
    """Whether the run is found to be interrupted: a server may take a moment to notice that a process is gone."""
    return any(state(crash, run_id) == "interrupted" for _ in range(1_000))


def test_others_leave_a_run_alone_while_it_is_carried_out(crash):
    """It is listed and shown as running; delete, prune and resume leave it as it is and make no call."""

    def look() -> None:
        run_id, calls = crash.run_id, len(crash.simulator.calls)
        assert json.loads(crash.ask("runs", "--json").out)["state"] == "running"
        shown = crash.ask("show", run_id)
        assert "status:  running\n" in shown.out
        assert "resume" not in shown.err
        assert shown.err.splitlines()[-1].startswith("running")
        refused = (
            f"error: Run {run_id} is being carried out right now. Wait for its end, or stop it where it was started."
        )
        for command in (("delete", run_id), ("resume", run_id)):
            ended = crash.ask(*command)
            assert (ended.code, ended.out, ended.err) == (2, "", f"{refused}\n"), command
        pruned = crash.ask("prune", "--older-than", "0h")
        assert pruned.err.splitlines() == [
            f"kept: {run_id}, under way right now; prune again when that has ended.",
            "deleted: 0 runs",
        ]
        assert state(crash) == "running"
        assert len(crash.simulator.calls) == calls

    crash.run_and_kill(halfway, called=all_asked, meanwhile=look)
    assert interrupted(crash)


def test_a_killed_run_can_be_deleted(crash):
    """Nobody holds it any more: it is shown as interrupted, and goes when it is told to."""
    crash.run_and_kill(halfway)
    assert interrupted(crash)
    assert "status:  interrupted\n" in crash.ask("show", crash.run_id).out
    assert crash.ask("delete", crash.run_id).err == f"deleted: {crash.run_id}\n"
    assert state(crash) is None


def test_a_run_that_is_resumed_is_running_and_interrupted_when_that_is_killed(crash):
    """Ended as partial it is running in its resume, interrupted after a kill, complete after the next."""
    seen: list[str] = []
    first = crash.ask(
        *("run", TASK, "--model", MODEL, "--base-url", crash.simulator.openai_url, "--json", "--max-subtasks", "1")
    )
    run_id = json.loads(first.out.splitlines()[0])["run_id"]
    assert (first.code, state(crash, run_id)) == (3, "partial")
    crash.carry_out_and_kill(
        ["resume", run_id, "--json", "--max-subtasks", "9"],
        lambda lines: count(lines, "worker_started"),
        meanwhile=lambda: seen.append(state(crash, run_id)),
    )
    assert seen == ["running"]
    assert interrupted(crash)
    crash.resume("--max-subtasks", "9")
    assert state(crash) == "complete"


def test_of_two_resumes_at_the_same_moment_one_goes_on(crash):
    """One finishes the run, the other is refused, and no call is made twice."""
    crash.run_and_kill(halfway)
    assert interrupted(crash)
    crash.simulator.play_script(Script())
    ended = [command.finish() for command in [crash.start("resume", crash.run_id, "--json") for _ in range(2)]]
    refused = [one.err for one in ended if one.code == 2]
    # One that came when the run was complete again has nothing to do, and makes no call.
    assert {one.code for one in ended} in ({0}, {0, 2})
    assert all("is being carried out right now" in err for err in refused)
    assert crash.asked_again() == crash.open_at_kill
    assert state(crash) == "complete"
