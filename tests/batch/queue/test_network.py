"""Workers in networks of their own, one of which is cut off and comes back late."""

from pathlib import Path

import anyio
import pytest

from tests.batch.queue.chaos import alive, as_recorded, asked_again, at_work, delivered
from tests.batch.queue.conftest import Depot, answer
from tests.batch.queue.network import HubSimulator, listening, network
from tests.batch.queue.test_queue import expected, texts
from tests.journal.servers import postgres, schema_url
from tests.simulator import Timing

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(300)]

NAMES = [f"cup{n}" for n in range(40)]


async def test_a_worker_that_was_cut_off_comes_back_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its rows go to the other one, whose results stand; the late one changes nothing, and ends when it is told to."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    with (
        network(2) as net,
        postgres() as server,
        HubSimulator(net, answers=answer, timing=Timing(first_token=0.3)) as simulator,
    ):
        depot = Depot(schema_url(server), simulator, tmp_path)
        depot.write(NAMES)
        with listening(server, net) as address:
            batch_id = await depot.submit()
            url = f"{address}?options={depot.url.partition('&options=')[2]}"
            with at_work(depot, url=url, prefix=net.inside(0)), at_work(depot, url=url, prefix=net.inside(1)) as late:
                await delivered(depot, 40)
                net.cut(1, off=True)
                standing = await depot.ended(batch_id)
                assert (standing.workers, dict(standing.statuses)) == (1, {"complete": len(NAMES)})
                assert texts(await depot.rows(batch_id)) == expected(NAMES)
                before = await as_recorded(depot)
                net.cut(1, off=False)
                await alive(depot, 2)
                late.tell_to_stop()
                assert await anyio.to_thread.run_sync(late.drained) == 0
                assert await as_recorded(depot) == before
                assert texts(await depot.rows(batch_id)) == expected(NAMES)
        # It had no more than eight rows, of three calls each.
        assert asked_again(depot) <= 8 * 3
