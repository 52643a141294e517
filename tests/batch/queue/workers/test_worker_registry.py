"""The worker registry: each live worker's share of a number."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from stretto.batch.queue.workers.worker_registry import DividedLimit, WorkerRegistry


@given(total=st.integers(1, 200), workers=st.integers(1, 50))
def test_shares_of_a_number_add_up_to_it(total: int, workers: int):
    """Workers divide a number between them with nothing left over; none has less than one."""
    live = list(range(100, 100 + workers))
    parts = [WorkerRegistry(worker_id=each, live=live).share(total) for each in live]
    assert sum(parts) == max(total, workers)
    assert max(parts) - min(parts) <= 1


def test_a_worker_divides_only_what_was_stated():
    """A batch's own number is divided within what the worker allows itself; without one the worker's own holds."""
    worker_registry = WorkerRegistry(worker_id=1, live=[1, 2])
    now = datetime.now(UTC)
    assert DividedLimit(worker_registry, own=10, stated=True, opened_at=now).share(40) == 10
    assert DividedLimit(worker_registry, own=30, stated=True, opened_at=now).share(40) == 20
    assert DividedLimit(worker_registry, own=10, stated=False, opened_at=now).share(10) == 10
    assert WorkerRegistry(worker_id=None, live=[1, 2]).share(9) == 3
