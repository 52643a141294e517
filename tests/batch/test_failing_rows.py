"""Rows that are turned away without a reason: they fail alone, each time; where all are, the batch ends soon."""

import pytest
from anyio.lowlevel import RunVar

from stretto.core.errors import ModelError
from stretto.core.models import ModelRequest
from stretto.engine.limits import registry
from tests.batch.conftest import BatchHarness

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def nothing_answered_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What answered in another test is no evidence in this one."""
    monkeypatch.setattr(registry, "_shared", RunVar("limits_of_one_test"))


async def refuse_failing(request: ModelRequest, name: str) -> None:
    """Turn away what a firewall does not like."""
    if "failing" in name:
        raise ModelError("HTTP 403: a web page instead of an answer.", kind="unexplained", status=403)


@pytest.mark.parametrize("place", [0, 5, 9])
@pytest.mark.parametrize("failing", [1, 3])
async def test_a_failing_row_fails_alone_in_every_run_of_the_command(harness: BatchHarness, place: int, failing: int):
    """It costs one call each time, the other rows have their texts, and nothing is stopped."""
    names = [f"mug {number}" for number in range(10)]
    names[place:place] = [f"failing {number}" for number in range(failing)]
    harness.write(names)
    harness.scripted.fault = refuse_failing
    for again in (False, True, True):
        harness.scripted.asked.clear()
        counts = await harness.run(setup=harness.setup(concurrency=2))
        assert counts.statuses == {"complete": 10, "failed": failing}
        assert counts.stopped is None
        assert sum("failing" in asked for asked in harness.scripted.asked) == failing
        assert len(harness.scripted.asked) == failing + (0 if again else 30)


async def test_a_failing_row_with_a_plan_stops_nobody(harness: BatchHarness):
    """Every text of the row is turned away; another row's are written."""
    harness.write(["mug", "failing", "lamp"])

    async def refuse_texts(request: ModelRequest, name: str) -> None:
        if request.role == "worker":
            await refuse_failing(request, name)

    harness.scripted.fault = refuse_texts
    counts = await harness.run(setup=harness.setup(concurrency=1))
    assert counts.statuses == {"complete": 2, "failed": 1}
    assert counts.stopped is None


async def test_where_every_row_is_turned_away_the_batch_ends_soon(harness: BatchHarness):
    """After a handful of rows no further one is begun, and the reason is given."""
    harness.write([f"failing {number}" for number in range(200)])
    harness.scripted.fault = refuse_failing
    counts = await harness.run(setup=harness.setup(concurrency=1))
    assert counts.stopped is not None
    assert counts.stopped.kind == "unexplained"
    assert len(harness.scripted.asked) <= 8
