"""A command whose worker counts others as dead soon: `python -m tests.batch.queue.short_timeouts SECONDS worker …`."""

import sys

from stretto.batch.queue.storage import heartbeats
from stretto.batch.queue.workers import stalled_rows, worker
from stretto.faces.cli import main


def shorten_timeouts(seconds: float) -> None:
    """Shorten the time without a heartbeat after which a worker is dead, and what depends on it."""
    heartbeats.STALL_SECONDS = stalled_rows.STALL_SECONDS = seconds
    heartbeats.HEARTBEAT_SECONDS = worker.HEARTBEAT_SECONDS = seconds / 10
    worker._STALL_CHECK_SECONDS = seconds / 4  # pyright: ignore[reportPrivateUsage]


if __name__ == "__main__":
    shorten_timeouts(float(sys.argv.pop(1)))
    main()
