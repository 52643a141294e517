"""kill -9 of one of two worker processes; the slow tests beside this one do it at any moment and wait for the stall."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest
from psycopg import AsyncConnection

from stretto.batch.queue import open_queue
from tests.batch.queue.chaos import STALL, asked_again, delivered, held, in_flight
from tests.batch.queue.conftest import Depot
from tests.batch.queue.test_chaos import everything_once, names
from tests.forge import Command, Forge
from tests.simulator import Fault, Hold, Script

pytestmark = pytest.mark.anyio

ROWS = 40
PLACES = 4
HELD = Script((Fault(effects=(Hold(name="held"),), role="worker", skip=10),))
IMPATIENT = f"from tests.batch.queue.impatient import hurry, main; hurry({STALL}); sys.exit(main())"


@contextmanager
def at_work(depot: Depot, forge: Forge) -> Iterator[Command]:
    """Yield a worker process; none outlives the block."""
    environ = os.environ | {"OPENAI_API_KEY": "any", "STRETTO_CONFIG_DIR": str(depot.folder)}
    command = ["worker", "--queue", depot.url, "--concurrency", f"{PLACES}"]
    worker = forge.start(command, environ=environ, folder=depot.folder, script=IMPATIENT)
    try:
        yield worker
    finally:
        worker.kill()
        worker.finish()


async def registered(connection: AsyncConnection) -> list[int]:
    """Return the ids of the workers that the database knows."""
    cursor = await connection.execute("SELECT id FROM procrastinate_workers")
    return [row[0] for row in await cursor.fetchall()]


async def test_of_two_workers_one_is_killed_while_it_holds_calls(depot: Depot, forge: Forge):
    """The other one makes the calls again that were held, and none that was finished; every row is there once."""
    depot.write(names(ROWS))
    depot.simulator.play_script(HELD)
    batch_id = await depot.submit()
    with at_work(depot, forge) as first:
        await held(depot, PLACES)
        # Every place of the first one is taken now; once all that was answered is recorded, nothing of it moves.
        while await in_flight(depot, batch_id) != PLACES:  # noqa: ASYNC110 - only the database knows
            await anyio.sleep(0.1)
        async with open_queue(depot.url) as queue:
            (its_id,) = await queue.transact(registered)
        depot.simulator.play_script(Script())
        with at_work(depot, forge):
            await delivered(depot, 1 + sum(call.delivered for call in depot.simulator.calls))
            first.kill()
            first.wait()
            async with open_queue(depot.url) as queue:
                # In place of waiting until it was silent for long enough.
                await queue.transact(
                    lambda connection: connection.execute(
                        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = %s",
                        [its_id],
                    )
                )
            await everything_once(depot, batch_id, ROWS)
    assert depot.simulator.repeated() == ()
    assert asked_again(depot) == PLACES
