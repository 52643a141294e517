"""Workers are killed, drained and lose their database: every row is there once, and little is paid twice."""

import random
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from stretto.batch.queue import open_queue
from tests.batch.queue.chaos import asked_again, at_work, delivered, heartbeat, in_flight, jobs_left
from tests.batch.queue.conftest import Depot, answer
from tests.batch.queue.test_queue import expected, texts
from tests.journal.servers import postgres, schema_url
from tests.simulator import FAULTS, Fault, Hold, Script, SimulatorThread, Timing

# Slow: their workers are processes that need a core each, and time decides who is held for dead.
pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CALLS = 3
"""Of a row: a plan and two texts."""
BUDGET = 30_000
SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 20))]


def names(number: int) -> list[str]:
    """Return the names of so many rows."""
    return [f"cup{n}" for n in range(number)]


@pytest.fixture
def slow_depot(postgres_server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Depot]:
    """Give an empty queue whose provider takes a while for every answer."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    with SimulatorThread(answers=answer, timing=Timing(first_token=0.3)) as simulator:
        yield Depot(schema_url(postgres_server), simulator, tmp_path)


async def everything_once(depot: Depot, batch_id: str, rows: int) -> None:
    """Assert that every row ended complete with its own texts, in order, and that no job is left."""
    standing = await depot.ended(batch_id)
    assert (standing.state, dict(standing.statuses)) == ("open", {"complete": rows}), standing
    output = await depot.rows(batch_id)
    assert texts(output) == expected(names(rows))
    assert {row["row_status"] for row in output} == {"complete"}
    assert await jobs_left(depot) == 0


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_worker_killed_at_any_moment(slow_depot: Depot, seed: int):
    """What a killed worker had goes to the next one, which asks again only what was in flight."""
    depot, moment = slow_depot, random.Random(seed).randrange(CALLS * 10 - 4)
    depot.write(names(10))
    batch_id = await depot.submit()
    with at_work(depot) as first:
        await delivered(depot, moment)
        first.kill()
    lost = await in_flight(depot, batch_id)
    with at_work(depot):
        await everything_once(depot, batch_id, 10)
    assert len(depot.simulator.repeated()) <= asked_again(depot) <= lost


async def test_a_worker_that_is_told_to_stop_drains(slow_depot: Depot):
    """After SIGTERM the rows under way are ended and no other is begun; the next worker repeats nothing."""
    depot = slow_depot
    depot.write(names(10))
    depot.simulator.play_script(Script((Fault(effects=(Hold(name="held"),), role="worker"),)))
    batch_id = await depot.submit()
    with at_work(depot, concurrency=2) as first:
        await anyio.to_thread.run_sync(depot.simulator.until, lambda calls: any(c.role == "worker" for c in calls))
        first.tell_to_stop()
        await anyio.to_thread.run_sync(first.hears, "Stopping once the rows under way have ended")
        await heartbeat(depot)  # However long it takes, nobody is to hold it for dead.
        depot.simulator.play_script(Script())
        depot.simulator.release("held")
        assert await anyio.to_thread.run_sync(first.drained) == 0
    begun = sum(call.role == "orchestrator" for call in depot.simulator.calls)
    async with open_queue(depot.url) as queue:
        standing = await queue.standing(batch_id)
    assert 0 < begun < 10
    assert (dict(standing.statuses), standing.at_work, standing.workers) == ({"complete": begun}, 0, 0), first.said
    with at_work(depot):
        await everything_once(depot, batch_id, 10)
    assert asked_again(depot) == 0


async def test_two_workers_keep_within_one_budget(slow_depot: Depot):
    """All tokens at the provider are within the limit, the batch says that it stopped; a higher one completes it."""
    depot, rows = slow_depot, 30
    depot.write(names(rows))
    batch_id = await depot.submit(tokens=BUDGET)
    with at_work(depot), at_work(depot):
        standing = await depot.ended(batch_id)
        used = sum(call.input_tokens + call.output_tokens for call in depot.simulator.calls)
        assert 0 < used <= BUDGET
        assert standing.state == "stopped"
        assert standing.stopped
        assert standing.stopped.kind == "budget"
        assert standing.statuses["complete"] < rows
        assert await depot.submit(tokens=100 * BUDGET) == batch_id
        await everything_once(depot, batch_id, rows)
    assert not depot.simulator.repeated()


async def test_what_one_worker_learns_of_an_account_the_other_heeds(slow_depot: Depot):
    """A single call that is told that the account is empty ends the calls of both; paid up, the same table goes on."""
    depot, rows = slow_depot, 60
    depot.write(names(rows))
    quota = Fault(effects=FAULTS["quota"], skip=20, times=1, name="quota")
    depot.simulator.play_script(Script((quota,)))
    batch_id = await depot.submit()
    with at_work(depot), at_work(depot):
        standing = await depot.ended(batch_id)
        refused = next(call for call in depot.simulator.calls if call.fault == "quota")
        assert standing.state == "stopped"
        assert standing.stopped
        assert standing.stopped.kind == "billing"
        # Two workers, four calls each at 0.3 s, and a second until the other one hears of it.
        assert len(depot.simulator.calls) - refused.number <= 2 * 4 * 5
        assert await depot.submit() == batch_id
        await everything_once(depot, batch_id, rows)
    assert not depot.simulator.repeated()


async def chaos(tmp_path: Path, rows: int, kill_at: int, restarts: random.Random | None) -> None:
    """Work rows off while their database restarts, once or now and then, and one of two workers is killed."""
    with (
        postgres() as server,
        SimulatorThread(answers=answer, timing=Timing(first_token=0.3)) as simulator,
    ):
        depot = Depot(schema_url(server), simulator, tmp_path)
        depot.write(names(rows))
        batch_id = await depot.submit()
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

        with at_work(depot, concurrency=8), at_work(depot, concurrency=8) as second:
            await delivered(depot, kill_at // 2)
            await anyio.to_thread.run_sync(restart)
            await delivered(depot, kill_at)
            second.kill()
            lost = await in_flight(depot, batch_id)
            async with anyio.create_task_group() as group:
                if restarts:
                    group.start_soon(keep_restarting, restarts)
                await depot.ended(batch_id)
                over.set()
            await everything_once(depot, batch_id, rows)
        assert len(simulator.repeated()) <= asked_again(depot) <= lost


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
