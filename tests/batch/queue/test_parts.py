"""What workers share: numbers that are divided, a budget that is lent, rows as bytes, jobs of the dead."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.batch.queue import open_queue
from stretto.batch.queue.procrastinate_app import QUEUE
from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.serialization import job_from_bytes, row_from_bytes, row_to_bytes
from stretto.batch.queue.workers import budget_lease as lending
from stretto.batch.queue.workers.budget_lease import LeasedBudget
from stretto.batch.queue.workers.stalled_rows import offer_again
from stretto.batch.queue.workers.worker_registry import DividedLimit, WorkerRegistry
from stretto.batch.row_jobs import RowJob, Work
from stretto.batch.tables import Row, RowResult, Variant
from stretto.core.errors import InputError, ModelError, QueueError
from stretto.core.journal import CallEnd, CallStart
from stretto.core.usage import Cost, Usage
from stretto.engine import Budget
from tests.batch.queue.conftest import Depot

WORK = Work(key="w", spec={"labels": []})
_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.dictionaries(st.sampled_from(["date", "json", "x"]), st.text()),
    st.lists(st.integers()),
)


def row(cells: list[object]) -> Row:
    """Return a row with these cells."""
    values = {f"c{number}": str(cell) for number, cell in enumerate(cells)}
    earlier = RowResult(status="partial", variants=(Variant(type="a", cost_usd=Decimal("0.10")),))
    return Row(number=7, cells=tuple(cells), values=values, id="i", named=True, hash="h", occurrence=0, earlier=earlier)


@given(st.lists(_CELLS, max_size=5))
def test_a_row_comes_out_of_the_queue_as_it_went_in(cells: list[object]):
    """Cells keep their types, earlier results their money, the job its texts."""
    before = row(cells)
    job = RowJob(run_id="r", work=WORK, task="t\0\ud800", context={"a": "\ud83d"})
    data = row_to_bytes(before, job)
    assert row_from_bytes(data) == before
    assert [type(cell) for cell in row_from_bytes(data).cells] == [type(cell) for cell in cells]
    assert job_from_bytes(data, WORK, retry_errors=False) == job


def test_a_cell_of_an_unknown_kind_goes_out_as_its_text():
    """What no format of ours has a word for is kept as people see it."""
    assert row_from_bytes(row_to_bytes(row([b"\x00"]), None)).cells == ("b'\\x00'",)
    moment = datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert row_from_bytes(row_to_bytes(row([moment, date(2026, 1, 2), time(3)]), None)).cells[0] == moment


@given(total=st.integers(1, 200), workers=st.integers(1, 50))
def test_parts_of_a_number_add_up_to_it(total: int, workers: int):
    """Workers divide a number between them with nothing left over; none has less than one."""
    living = list(range(100, 100 + workers))
    parts = [WorkerRegistry(me=me, living=living).part(total) for me in living]
    assert sum(parts) == max(total, workers)
    assert max(parts) - min(parts) <= 1


def test_a_worker_divides_only_what_was_stated():
    """A batch's own number is divided within what the worker allows itself; without one the worker's own holds."""
    worker_registry = WorkerRegistry(me=1, living=[1, 2])
    now = datetime.now(UTC)
    assert DividedLimit(worker_registry, own=10, stated=True, opened_at=now).share(40) == 10
    assert DividedLimit(worker_registry, own=30, stated=True, opened_at=now).share(40) == 20
    assert DividedLimit(worker_registry, own=10, stated=False, opened_at=now).share(10) == 10
    assert WorkerRegistry(me=None, living=[1, 2]).part(9) == 3


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(4))
async def test_workers_together_never_promise_more_than_the_budget(depot: Depot, seed: int):
    """Whatever three workers borrow, use and give back, used and promised is within the budget at every moment."""
    dice = Random(seed)
    limit = Budget(usd=Decimal("1.00"), tokens=1_000)
    depot.write(["cup"])
    batch_id = await depot.submit(usd="1.00", tokens=1_000)
    ends: list[str] = []

    async with open_queue(depot.url) as queue:
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
                    await own.give_back()
                assert within()

        async with anyio.create_task_group() as group:
            for number, own in enumerate(budget_tracker):
                group.start_soon(calls, own, f"w{number}-a")
                group.start_soon(calls, own, f"w{number}-b")
        for own in budget_tracker:
            await own.give_back()
        used = sum(own.total.usage.total_tokens for own in budget_tracker)
        left = await queue.transact(lambda c: lending.lend(c, batch_id, (Decimal(0), 1_000 - used)))
        assert left is not None
        assert await queue.transact(lambda c: lending.lend(c, batch_id, (Decimal(0), 1))) is None
    assert set(ends) == {"made", "The budget of $1.00 and 1000 tokens"}


@pytest.mark.anyio
async def test_rows_of_a_dead_worker_are_offered_again(depot: Depot):
    """A row that a worker had when its heart stopped is taken by the next one; one of a living worker is left alone."""
    depot.write(["cup", "mug"])
    await depot.submit()
    async with open_queue(depot.url) as queue:
        jobs = queue.app.job_manager
        dead, living = await jobs.register_worker(), await jobs.register_worker()
        taken = [await jobs.fetch_job(queues=[QUEUE], worker_id=worker) for worker in (dead, living)]
        assert all(taken)
        await offer_again(queue)
        assert await waiting(queue) == 0
        await queue.transact(lambda c: c.execute(_STOP_HEART, [dead]))
        await offer_again(queue)
        assert await waiting(queue) == 1


_STOP_HEART = b"UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = %s"


async def waiting(queue: Queue) -> int:
    """Return how many rows no worker has."""
    cursor = await queue.transact(lambda c: c.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))
    row = await cursor.fetchone()
    assert row
    return row[0]


@pytest.mark.anyio
async def test_a_row_under_which_workers_die_is_given_up(depot: Depot):
    """After five workers that never came back a row fails with that reason, and the next one is run."""
    depot.write(["poison", "cup"])
    batch_id = await depot.submit()
    async with open_queue(depot.url) as queue:
        begun = b"UPDATE stretto_batch_rows SET begun = 5 WHERE place = 0"
        await queue.transact(lambda c: c.execute(begun))
    async with depot.workers():
        standing = await depot.ended(batch_id)
    assert standing.statuses == {"failed": 1, "complete": 1}
    assert "5 workers died" in next(iter(standing.reasons))
    assert [row["row_status"] for row in await depot.rows(batch_id)] == ["failed", "complete", "complete"]


@pytest.mark.anyio
async def test_an_address_without_a_server_is_said_without_its_password():
    """A queue that cannot be reached is named by its place, and nothing secret is in what is said."""
    with pytest.raises(QueueError, match=r"queue at postgresql://127.0.0.1:9/x cannot be reached") as caught:
        async with open_queue("postgresql://u:hunter2@127.0.0.1:9/x"):
            pass
    assert "hunter2" not in str(caught.value)
    for wrong in ("redis://x", "nonsense", "postgresql://u:hunter2@h:port/x"):
        with pytest.raises(InputError, match="address") as refused:
            open_queue(wrong)
        assert "hunter2" not in str(refused.value)
