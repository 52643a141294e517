"""A command whose worker holds others for dead sooner: `python -m tests.batch.queue.impatient SECONDS worker …`."""

import sys

from stretto.batch.queue.storage import batches
from stretto.batch.queue.workers import stalled_rows as stalled
from stretto.batch.queue.workers import worker as working
from stretto.batch.queue.workers import worker_registry as worker_registry
from stretto.faces.cli import main


def hurry(seconds: float) -> None:
    """Shorten the time without a heartbeat after which a worker is dead, and what goes by it."""
    batches.ALIVE_SECONDS = stalled.ALIVE_SECONDS = seconds
    worker_registry.HEARTBEAT_SECONDS = working.HEARTBEAT_SECONDS = seconds / 10
    working._SWEEP = seconds / 4  # pyright: ignore[reportPrivateUsage]


if __name__ == "__main__":
    hurry(float(sys.argv.pop(1)))
    main()
