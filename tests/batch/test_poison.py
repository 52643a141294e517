"""Rows that are turned away without a reason: they fail alone, each time; where all are, the batch ends soon."""

import pytest
from anyio.lowlevel import RunVar

from stretto.core.errors import ModelError
from stretto.core.models import ModelRequest
from stretto.engine.limits import registry
from tests.batch.conftest import Shop

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def nothing_answered_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What answered in another test is no evidence in this one."""
    monkeypatch.setattr(registry, "_shared", RunVar("limits_of_one_test"))


async def refuse_poison(request: ModelRequest, name: str) -> None:
    """Turn away what a firewall does not like."""
    if "poison" in name:
        raise ModelError("HTTP 403: a web page instead of an answer.", kind="unexplained", status=403)


@pytest.mark.parametrize("place", [0, 5, 9])
@pytest.mark.parametrize("poisoned", [1, 3])
async def test_a_poison_row_fails_alone_in_every_run_of_the_command(shop: Shop, place: int, poisoned: int):
    """It costs one call each time, the other rows have their texts, and nothing is stopped."""
    names = [f"mug {number}" for number in range(10)]
    names[place:place] = [f"poison {number}" for number in range(poisoned)]
    shop.write(names)
    shop.clerk.fault = refuse_poison
    for again in (False, True, True):
        shop.clerk.asked.clear()
        counts = await shop.run(setup=shop.setup(concurrency=2))
        assert counts.statuses == {"complete": 10, "failed": poisoned}
        assert counts.stopped is None
        assert sum("poison" in asked for asked in shop.clerk.asked) == poisoned
        assert len(shop.clerk.asked) == poisoned + (0 if again else 30)


async def test_a_poison_row_with_a_plan_stops_nobody(shop: Shop):
    """Every text of the row is turned away; another row's are written."""
    shop.write(["mug", "poison", "lamp"])

    async def refuse_texts(request: ModelRequest, name: str) -> None:
        if request.role == "worker":
            await refuse_poison(request, name)

    shop.clerk.fault = refuse_texts
    counts = await shop.run(setup=shop.setup(concurrency=1))
    assert counts.statuses == {"complete": 2, "failed": 1}
    assert counts.stopped is None


async def test_where_every_row_is_turned_away_the_batch_ends_soon(shop: Shop):
    """After a handful of rows no further one is begun, and the reason is given."""
    shop.write([f"poison {number}" for number in range(200)])
    shop.clerk.fault = refuse_poison
    counts = await shop.run(setup=shop.setup(concurrency=1))
    assert counts.stopped is not None
    assert counts.stopped.kind == "unexplained"
    assert len(shop.clerk.asked) <= 8
