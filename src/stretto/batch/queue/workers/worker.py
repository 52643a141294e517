"""A worker process: claims rows and runs them, sends heartbeats, and drains when it is stopped."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from typing import Any

import anyio
from procrastinate import JobContext
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from stretto.app.observers.run_log import logger
from stretto.app.resume import RunJournal
from stretto.batch.queue.procrastinate_app import QUEUE, register_row_handler
from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.batches import cancelled_batches
from stretto.batch.queue.storage.heartbeats import HEARTBEAT_SECONDS
from stretto.batch.queue.workers.open_batches import OpenBatches
from stretto.batch.queue.workers.row_execution import execute_row
from stretto.batch.queue.workers.stalled_rows import retry_stalled_rows
from stretto.batch.queue.workers.worker_registry import WorkerRegistry
from stretto.core.errors import InputError, QueueError

_ROWS_PER_CALL = 2
"""A row in its plan makes one call: with as many rows as calls, places would stand empty between rows."""
_POLL_SECONDS = 1.0
"""Between two polls of an empty queue, and between two exchanges with the other workers."""
_STALL_CHECK_SECONDS = 10.0
"""Between two checks for stalled rows."""
_NEVER = 24 * 3600.0


class QueueWorker:
    """One process that works on whatever the queue holds."""

    def __init__(
        self,
        queue: Queue,
        journal: RunJournal,
        *,
        concurrency: int,
        keys: Mapping[str, str],
        note: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Take an open queue and an open journal in the same database; `note` gets lines for a person."""
        self.rows = 0
        """Rows that were run, or found to be done."""
        self._queue = queue
        self._journal = journal
        self._concurrency = concurrency
        self._note = note
        self._noted: set[str] = set()
        self._worker_registry = WorkerRegistry()
        self._open_batches = OpenBatches(queue, self._worker_registry, concurrency=concurrency, keys=keys)
        self._worker: Worker | None = None
        self._stopping = False

    def stop(self) -> None:
        """Take no further row; `run` returns when those under way have ended."""
        self._stopping = True
        if self._worker is not None:
            self._worker.stop()

    async def run(self) -> None:
        """Work until stopped. A database that goes away is waited for."""
        asyncio.get_running_loop().set_exception_handler(_log)
        register_row_handler(self._queue.app, self._row)
        self._queue.connector.on_lost = self._connection_lost
        async with anyio.create_task_group() as group:
            group.start_soon(self._send_heartbeats)
            while not self._stopping:
                await self._work()
            group.cancel_scope.cancel()

    async def _work(self) -> None:
        """Work under one registration: a new one is needed whenever the connection was lost at a bad moment."""
        self._worker = Worker(
            self._queue.app,
            queues=[QUEUE],
            name="stretto",
            concurrency=_ROWS_PER_CALL * self._concurrency,
            fetch_job_polling_interval=_POLL_SECONDS,
            # A batch that is cancelled is our own state; procrastinate is never asked to abort a job.
            abort_job_polling_interval=_NEVER,
            # Putting in a hundred thousand rows would wake every worker as many times.
            listen_notify=False,
            # What came of a row is in our own tables.
            delete_jobs="always",
            install_signal_handlers=False,
            # Its heartbeat ends when it is told to stop, so it would count as dead while the last rows end: see
            # `_send_heartbeats`. Only `retry_stalled_rows` decides who is dead.
            update_heartbeat_interval=_NEVER,
            stalled_worker_timeout=_NEVER,
        )
        try:
            await self._worker.run()
        except ConnectorException as error:
            self._notify(
                f"The queue at {self._queue.address} is out of reach; trying again. {error.__cause__ or error}"
            )
        if not self._stopping:
            await anyio.sleep(_POLL_SECONDS)

    def _connection_lost(self) -> None:
        if self._worker is not None:
            self._worker.stop()

    async def _row(self, context: JobContext, batch_id: str, place: int, retry: bool) -> None:
        try:
            await execute_row(self._queue, self._journal, self._open_batches, batch_id, place, retry=retry)
            self.rows += 1
        except InputError as error:
            self._notify(f"Rows of batch {batch_id} are left to other workers: {error}")
            raise

    async def _send_heartbeats(self) -> None:
        """Send heartbeats and read what the other workers recorded, every second; now and then retry stalled rows."""
        checked_at = -inf
        while True:
            started = anyio.current_time()
            try:
                worker = self._worker
                worker_id = self._worker_registry.worker_id = worker.worker_id if worker else None
                await self._worker_registry.sync(self._queue)
                if worker and worker_id is not None and worker_id not in self._worker_registry.live:
                    worker.stop()  # The others count it as dead; it has to register anew.
                if anyio.current_time() - started > HEARTBEAT_SECONDS:
                    # Nobody could send a heartbeat while the database was away: the next check decides.
                    checked_at = anyio.current_time()
                await self._cancel_rows()
                if anyio.current_time() - checked_at >= _STALL_CHECK_SECONDS:
                    checked_at = anyio.current_time()
                    await retry_stalled_rows(self._queue)
            except (QueueError, ConnectorException) as error:
                logger.debug("the queue did not answer: %s", error)
                checked_at = anyio.current_time()
            await anyio.sleep(_POLL_SECONDS)

    async def _cancel_rows(self) -> None:
        busy = self._open_batches.busy
        if not busy:
            return
        for batch_id in await self._queue.transact(partial(cancelled_batches, batch_ids=list(busy))):
            for scope in tuple(busy[batch_id].under_way):
                scope.cancel()

    def _notify(self, line: str) -> None:
        if line not in self._noted:
            self._noted.add(line)
            self._note(line)


def _log(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log quietly that a job's end could not be recorded; its row is retried as one of a dead worker."""
    if isinstance(context.get("exception"), (ConnectorException, QueueError)):
        logger.debug("%s", context.get("message"), exc_info=context["exception"])
    else:
        loop.default_exception_handler(context)
