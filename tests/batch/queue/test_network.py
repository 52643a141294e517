"""Workers in networks of their own, one of which is cut off and comes back late."""

from pathlib import Path

import anyio
import pytest

from tests.batch.queue.conftest import QueueHarness, answer
from tests.batch.queue.network_namespaces import HubSimulator, listening, network
from tests.batch.queue.test_queue import expected, texts
from tests.batch.queue.worker_processes import alive, as_recorded, asked_again, delivered, worker_process
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
        harness = QueueHarness(schema_url(server), simulator, tmp_path)
        harness.write(NAMES)
        with listening(server, net) as address:
            batch_id = await harness.submit()
            url = f"{address}?options={harness.url.partition('&options=')[2]}"
            with (
                worker_process(harness, url=url, prefix=net.inside(0)),
                worker_process(harness, url=url, prefix=net.inside(1)) as late,
            ):
                await delivered(harness, 40)
                net.cut(1, off=True)
                batch = await harness.ended(batch_id)
                assert (batch.workers, dict(batch.statuses)) == (1, {"complete": len(NAMES)})
                assert texts(await harness.rows(batch_id)) == expected(NAMES)
                before = await as_recorded(harness)
                net.cut(1, off=False)
                await alive(harness, 2)
                late.send_sigterm()
                assert await anyio.to_thread.run_sync(late.drained) == 0
                assert await as_recorded(harness) == before
                assert texts(await harness.rows(batch_id)) == expected(NAMES)
        # It had no more than eight rows, of three calls each.
        assert asked_again(harness) <= 8 * 3
