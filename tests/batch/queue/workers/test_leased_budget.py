"""A budget that several workers lease parts of is never exceeded."""

from decimal import Decimal
from random import Random

import anyio
import pytest

from stretto.batch.queue import open_queue
from stretto.batch.queue.storage.budget_leases import acquire_lease
from stretto.batch.queue.workers.leased_budget import LeasedBudget
from stretto.core.errors import ModelError
from stretto.core.journal import CallEnd, CallStart
from stretto.core.usage import Cost, Usage
from stretto.engine import Budget
from tests.batch.queue.conftest import QueueHarness


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(4))
async def test_workers_together_never_reserve_more_than_the_budget(harness: QueueHarness, seed: int):
    """Whatever three workers lease, use and return, used and reserved is within the budget at every moment."""
    dice = Random(seed)
    limit = Budget(usd=Decimal("1.00"), tokens=1_000)
    harness.write(["cup"])
    batch_id = await harness.submit(usd="1.00", tokens=1_000)
    ends: list[str] = []

    async with open_queue(harness.url) as queue:
        budget_tracker = [LeasedBudget(queue, batch_id, limit) for _ in range(3)]

        def within() -> bool:
            committed = [each.committed for each in budget_tracker]
            tokens = sum(usage.total_tokens for usage, _ in committed)
            return tokens <= 1_000 and sum((cost.usd for _, cost in committed), Decimal(0)) <= 1

        async def calls(own: LeasedBudget, name: str) -> None:
            for number in range(12):
                size = dice.randint(1, 120)
                promised = Usage(output_tokens=size, calls=1), Cost(usd=Decimal(size) / 1_000)
                call_id = f"{name}{number}"
                start = CallStart(
                    call_id=call_id, role="worker", model="m", reserved=promised[0], reserved_cost=promised[1]
                )
                try:
                    async with own.reserve(start):
                        assert within()
                        await anyio.lowlevel.checkpoint()
                        used = dice.randint(0, size)
                        usage, cost = Usage(output_tokens=used, calls=1), Cost(usd=Decimal(used) / 1_000)
                        own.settle(start, CallEnd(call_id=call_id, usage=usage, cost=cost))
                    ends.append("made")
                except ModelError as error:
                    ends.append(str(error).partition(" does not")[0])
                if dice.random() < 0.3:
                    await own.release_unused()
                assert within()

        async with anyio.create_task_group() as group:
            for number, own in enumerate(budget_tracker):
                group.start_soon(calls, own, f"w{number}-a")
                group.start_soon(calls, own, f"w{number}-b")
        for own in budget_tracker:
            await own.release_unused()
        used = sum(own.total.usage.total_tokens for own in budget_tracker)
        left = await queue.transact(lambda c: acquire_lease(c, batch_id, (Decimal(0), 1_000 - used)))
        assert left is not None
        assert await queue.transact(lambda c: acquire_lease(c, batch_id, (Decimal(0), 1))) is None
    assert set(ends) == {"made", "The budget of $1.00 and 1000 tokens"}
