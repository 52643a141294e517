"""Workers are killed, drained and lose their database: every row is there once, and little is paid twice."""

import random
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from stretto.batch.queue import open_queue
from tests.batch.queue.conftest import QueueHarness, answer
from tests.batch.queue.test_queue import expected, texts
from tests.batch.queue.worker_processes import asked_again, delivered, heartbeat, in_flight, jobs_left, worker_process
from tests.journal.servers import postgres, schema_url
from tests.simulator import FAULTS, Fault, Hold, Script, SimulatorThread, Timing

# Slow: their workers are processes that need a core each, and time decides who counts as dead.
pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CALLS = 3
"""Of a row: a plan and two texts."""
BUDGET = 30_000
SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 20))]


def names(number: int) -> list[str]:
    """Return the names of so many rows."""
    return [f"cup{n}" for n in range(number)]


@pytest.fixture
def slow_harness(postgres_server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[QueueHarness]:
    """Give an empty queue whose provider takes a while for every answer."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    with SimulatorThread(answers=answer, timing=Timing(first_token=0.3)) as simulator:
        yield QueueHarness(schema_url(postgres_server), simulator, tmp_path)


async def everything_once(harness: QueueHarness, batch_id: str, rows: int) -> None:
    """Assert that every row ended complete with its own texts, in order, and that no job is left."""
    batch = await harness.ended(batch_id)
    assert (batch.state, dict(batch.statuses)) == ("open", {"complete": rows}), batch
    output = await harness.rows(batch_id)
    assert texts(output) == expected(names(rows))
    assert {row["row_status"] for row in output} == {"complete"}
    assert await jobs_left(harness) == 0


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_worker_killed_at_any_moment(slow_harness: QueueHarness, seed: int):
    """What a killed worker had goes to the next one, which asks again only what was in flight."""
    harness, moment = slow_harness, random.Random(seed).randrange(CALLS * 10 - 4)
    harness.write(names(10))
    batch_id = await harness.submit()
    with worker_process(harness) as first:
        await delivered(harness, moment)
        first.kill()
    lost = await in_flight(harness, batch_id)
    with worker_process(harness):
        await everything_once(harness, batch_id, 10)
    assert len(harness.simulator.repeated()) <= asked_again(harness) <= lost


async def test_a_worker_that_is_told_to_stop_drains(slow_harness: QueueHarness):
    """After SIGTERM the rows under way are ended and no other is begun; the next worker repeats nothing."""
    harness = slow_harness
    harness.write(names(10))
    harness.simulator.play_script(Script((Fault(effects=(Hold(name="held"),), role="worker"),)))
    batch_id = await harness.submit()
    with worker_process(harness, concurrency=2) as first:
        await anyio.to_thread.run_sync(harness.simulator.until, lambda calls: any(c.role == "worker" for c in calls))
        first.send_sigterm()
        await anyio.to_thread.run_sync(first.wait_for_output, "Stopping once the rows under way have ended")
        await heartbeat(harness)  # However long it takes, nobody is to count it as dead.
        harness.simulator.play_script(Script())
        harness.simulator.release("held")
        assert await anyio.to_thread.run_sync(first.drained) == 0
    begun = sum(call.role == "orchestrator" for call in harness.simulator.calls)
    async with open_queue(harness.url) as queue:
        batch = await queue.status(batch_id)
    assert 0 < begun < 10
    assert (dict(batch.statuses), batch.at_work, batch.workers) == ({"complete": begun}, 0, 0), first.output
    with worker_process(harness):
        await everything_once(harness, batch_id, 10)
    assert asked_again(harness) == 0


async def test_two_workers_keep_within_one_budget(slow_harness: QueueHarness):
    """All tokens at the provider are within the limit, the batch says that it stopped; a higher one completes it."""
    harness, rows = slow_harness, 30
    harness.write(names(rows))
    batch_id = await harness.submit(tokens=BUDGET)
    with worker_process(harness), worker_process(harness):
        batch = await harness.ended(batch_id)
        used = sum(call.input_tokens + call.output_tokens for call in harness.simulator.calls)
        assert 0 < used <= BUDGET
        assert batch.state == "stopped"
        assert batch.stopped
        assert batch.stopped.kind == "budget"
        assert batch.statuses["complete"] < rows
        assert await harness.submit(tokens=100 * BUDGET) == batch_id
        await everything_once(harness, batch_id, rows)
    assert not harness.simulator.repeated()


async def test_what_one_worker_learns_of_an_account_the_other_heeds(slow_harness: QueueHarness):
    """A single call that is told that the account is empty ends the calls of both; paid up, the same table goes on."""
    harness, rows = slow_harness, 60
    harness.write(names(rows))
    quota = Fault(effects=FAULTS["quota"], skip=20, times=1, name="quota")
    harness.simulator.play_script(Script((quota,)))
    batch_id = await harness.submit()
    with worker_process(harness), worker_process(harness):
        batch = await harness.ended(batch_id)
        refused = next(call for call in harness.simulator.calls if call.fault == "quota")
        assert batch.state == "stopped"
        assert batch.stopped
        assert batch.stopped.kind == "billing"
        # Two workers, four calls each at 0.3 s, and a second until the other one wait_for_output of it.
        assert len(harness.simulator.calls) - refused.number <= 2 * 4 * 5
        assert await harness.submit() == batch_id
        await everything_once(harness, batch_id, rows)
    assert not harness.simulator.repeated()


async def chaos(tmp_path: Path, rows: int, kill_at: int, restarts: random.Random | None) -> None:
    """Work rows off while their database restarts, once or now and then, and one of two workers is killed."""
    with (
        postgres() as server,
        SimulatorThread(answers=answer, timing=Timing(first_token=0.3)) as simulator,
    ):
        harness = QueueHarness(schema_url(server), simulator, tmp_path)
        harness.write(names(rows))
        batch_id = await harness.submit()
        over = anyio.Event()

        def restart() -> None:
            server.stop()
            server.start()

        async def keep_restarting(dice: random.Random) -> None:
            while not over.is_set():
                with anyio.move_on_after(dice.uniform(2.0, 5.0)):
                    await over.wait()
                    return
                await anyio.to_thread.run_sync(restart)

        with worker_process(harness, concurrency=8), worker_process(harness, concurrency=8) as second:
            await delivered(harness, kill_at // 2)
            await anyio.to_thread.run_sync(restart)
            await delivered(harness, kill_at)
            second.kill()
            lost = await in_flight(harness, batch_id)
            async with anyio.create_task_group() as group:
                if restarts:
                    group.start_soon(keep_restarting, restarts)
                await harness.ended(batch_id)
                over.set()
            await everything_once(harness, batch_id, rows)
        assert len(simulator.repeated()) <= asked_again(harness) <= lost


async def test_the_database_restarts_and_a_worker_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With one restart and one kill -9, every row is there once and only what was in flight is paid twice."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    await chaos(tmp_path, rows=60, kill_at=90, restarts=None)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_the_database_restarts_every_few_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The same with 2,000 rows and a restart every few seconds: none is lost, doubled, swapped or stuck."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    await chaos(tmp_path, rows=2_000, kill_at=2_000, restarts=random.Random(4))
