"""kill -9 of one of two worker processes; the slow tests beside this one do it at any moment and wait for the stall."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest
from psycopg import AsyncConnection

from stretto.batch.queue import open_queue
from tests.batch.queue.conftest import QueueHarness
from tests.batch.queue.test_chaos import everything_once, names
from tests.batch.queue.worker_processes import STALL, asked_again, delivered, held, in_flight
from tests.forge import Command, Forge
from tests.simulator import Fault, Hold, Script

pytestmark = pytest.mark.anyio

ROWS = 40
PLACES = 4
HELD = Script((Fault(effects=(Hold(name="held"),), role="worker", skip=10),))
SHORT_TIMEOUTS = (
    f"from tests.batch.queue.short_timeouts import shorten_timeouts, main; shorten_timeouts({STALL}); sys.exit(main())"
)


@contextmanager
def worker_process(harness: QueueHarness, forge: Forge) -> Iterator[Command]:
    """Yield a worker process; none outlives the block."""
    environ = os.environ | {"OPENAI_API_KEY": "any", "STRETTO_CONFIG_DIR": str(harness.folder)}
    command = ["worker", "--queue", harness.url, "--concurrency", f"{PLACES}"]
    worker = forge.start(command, environ=environ, folder=harness.folder, script=SHORT_TIMEOUTS)
    try:
        yield worker
    finally:
        worker.kill()
        worker.finish()


async def registered(connection: AsyncConnection) -> list[int]:
    """Return the ids of the workers that the database knows."""
    cursor = await connection.execute("SELECT id FROM procrastinate_workers")
    return [row[0] for row in await cursor.fetchall()]


async def test_of_two_workers_one_is_killed_while_it_holds_calls(harness: QueueHarness, forge: Forge):
    """The other one makes the calls again that were held, and none that was finished; every row is there once."""
    harness.write(names(ROWS))
    harness.simulator.play_script(HELD)
    batch_id = await harness.submit()
    with worker_process(harness, forge) as first:
        await held(harness, PLACES)
        # Every place of the first one is taken now; once all that was answered is recorded, nothing of it moves.
        while await in_flight(harness, batch_id) != PLACES:  # noqa: ASYNC110 - only the database knows
            await anyio.sleep(0.1)
        async with open_queue(harness.url) as queue:
            (its_id,) = await queue.transact(registered)
        harness.simulator.play_script(Script())
        with worker_process(harness, forge):
            await delivered(harness, 1 + sum(call.delivered for call in harness.simulator.calls))
            first.kill()
            first.wait()
            async with open_queue(harness.url) as queue:
                # In place of waiting until it was silent for long enough.
                await queue.transact(
                    lambda connection: connection.execute(
                        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = %s",
                        [its_id],
                    )
                )
            await everything_once(harness, batch_id, ROWS)
    assert harness.simulator.repeated() == ()
    assert asked_again(harness) == PLACES
