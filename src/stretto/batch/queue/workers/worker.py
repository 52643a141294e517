"""A worker: takes rows out of the queue and runs them, until it is told to stop; then it ends those under way."""

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
from stretto.batch.queue.procrastinate_app import QUEUE, take_rows
from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.batches import cancelled_of
from stretto.batch.queue.workers.open_batches import OpenBatches
from stretto.batch.queue.workers.row_execution import work_row
from stretto.batch.queue.workers.stalled_rows import offer_again
from stretto.batch.queue.workers.worker_registry import HEARTBEAT_SECONDS, WorkerRegistry
from stretto.core.errors import InputError, QueueError

_ROWS_PER_CALL = 2
"""A row in its plan makes one call: with as many rows as calls, places would stand empty between rows."""
_POLL = 1.0
"""Seconds between two looks at an empty queue, and between two looks at the others."""
_SWEEP = 10.0
"""Seconds between two looks for rows that a dead worker had."""
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
        """Take an open queue and an open journal in the same database; `note` hears what a person should know."""
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
        take_rows(self._queue.app, self._row)
        self._queue.connector.on_lost = self._lost
        async with anyio.create_task_group() as group:
            group.start_soon(self._keep_in_touch)
            while not self._stopping:
                await self._work()
            group.cancel_scope.cancel()

    async def _work(self) -> None:
        """Work under one registration: a new one is needed whenever the connection was lost in a bad moment."""
        self._worker = Worker(
            self._queue.app,
            queues=[QUEUE],
            name="stretto",
            concurrency=_ROWS_PER_CALL * self._concurrency,
            fetch_job_polling_interval=_POLL,
            # A batch that is cancelled is our own state; procrastinate is never asked to abort a job.
            abort_job_polling_interval=_NEVER,
            # Putting in a hundred thousand rows would wake every worker as many times.
            listen_notify=False,
            # What came of a row is in our own tables.
            delete_jobs="always",
            install_signal_handlers=False,
            # It would fall silent when it is told to stop, and be held for dead while the last rows end: see
            # `_keep_in_touch`. Who is dead is for `offer_again` alone to say.
            update_heartbeat_interval=_NEVER,
            stalled_worker_timeout=_NEVER,
        )
        try:
            await self._worker.run()
        except ConnectorException as error:
            self._say(f"The queue at {self._queue.place} is out of reach; trying again. {error.__cause__ or error}")
        if not self._stopping:
            await anyio.sleep(_POLL)

    def _lost(self) -> None:
        if self._worker is not None:
            self._worker.stop()

    async def _row(self, context: JobContext, batch_id: str, place: int, retry: bool) -> None:
        try:
            await work_row(self._queue, self._journal, self._open_batches, batch_id, place, retry=retry)
            self.rows += 1
        except InputError as error:
            self._say(f"Rows of batch {batch_id} are left to other workers: {error}")
            raise

    async def _keep_in_touch(self) -> None:
        """Learn every second what others met and decided, and now and then look after what dead ones left."""
        swept = -inf
        while True:
            asked = anyio.current_time()
            try:
                worker = self._worker
                me = self._worker_registry.me = worker.worker_id if worker else None
                await self._worker_registry.exchange(self._queue)
                if worker and me is not None and me not in self._worker_registry.living:
                    worker.stop()  # Held for dead by the others; it is to register anew.
                if anyio.current_time() - asked > HEARTBEAT_SECONDS:
                    # Nobody could say that they live while the database was away: they have until the next look.
                    swept = anyio.current_time()
                await self._end_cancelled()
                if anyio.current_time() - swept >= _SWEEP:
                    swept = anyio.current_time()
                    await offer_again(self._queue)
            except (QueueError, ConnectorException) as error:
                logger.debug("the queue did not answer: %s", error)
                swept = anyio.current_time()
            await anyio.sleep(_POLL)

    async def _end_cancelled(self) -> None:
        busy = self._open_batches.busy
        if not busy:
            return
        for batch_id in await self._queue.transact(partial(cancelled_of, batch_ids=list(busy))):
            for scope in tuple(busy[batch_id].under_way):
                scope.cancel()

    def _say(self, line: str) -> None:
        if line not in self._noted:
            self._noted.add(line)
            self._note(line)


def _log(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Take quiet note of a job whose end could not be told; its row comes back as one of a worker that is gone."""
    if isinstance(context.get("exception"), (ConnectorException, QueueError)):
        logger.debug("%s", context.get("message"), exc_info=context["exception"])
    else:
        loop.default_exception_handler(context)
