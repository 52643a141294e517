"""Executes one row of the queue: claims it, runs it, and records how it ended."""

from contextlib import suppress
from functools import partial
from math import inf

from stretto.app.resume import RunJournal
from stretto.batch.queue.batch_state import RowEnd
from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage.batches import close_batch
from stretto.batch.queue.storage.row_claims import ClaimedRow, claim_row, finish_row, release_row
from stretto.batch.queue.storage.serialization import job_from_bytes
from stretto.batch.queue.workers.open_batches import OpenBatch, OpenBatches
from stretto.batch.rows.row_runner import RowRun, run_row
from stretto.batch.tables import RowResult
from stretto.core.errors import InputError, JournalError, QueueError

_MAX_CRASHES = 5
"""After so many crashes of its workers a row is given up, as a queue does with a poison message."""


async def execute_row(
    queue: Queue, journal: RunJournal, open_batches: OpenBatches, batch_id: str, place: int, *, retry: bool
) -> None:
    """Run a row, or what the journal lacks of it.

    Raises `InputError` when this worker cannot run rows of this batch, `JournalError` and `QueueError` when what came
    of it cannot be recorded; in each case the row's job is retried.
    """
    claimed = await queue.transact(partial(claim_row, batch_id=batch_id, place=place))
    if claimed is None or claimed.state != "open" or claimed.status == "complete":
        return
    if claimed.begun > _MAX_CRASHES:
        await queue.transact(partial(finish_row, batch_id=batch_id, place=place, end=_CRASHED, result=_CRASHED_RESULT))
        return
    try:
        batch = await open_batches.open(batch_id, claimed)
        ran = await _run(batch, claimed, journal, retry=retry)
    except (InputError, JournalError, QueueError):
        with suppress(QueueError):
            await queue.transact(partial(release_row, batch_id=batch_id, place=place))
        raise
    if ran is None:
        await queue.transact(partial(release_row, batch_id=batch_id, place=place))
    else:
        await _record(queue, batch, batch_id, place, ran)
    if batch.budget_tracker and not batch.under_way:
        with suppress(QueueError):
            await batch.budget_tracker.release_unused()


async def _run(batch: OpenBatch, claimed: ClaimedRow, journal: RunJournal, *, retry: bool) -> RowRun | None:
    """Run a row; return None when the batch was cancelled in the middle of it."""
    job = job_from_bytes(claimed.input, batch.work, retry_errors=retry)
    with batch.row():
        return await run_row(
            job,
            journal=journal,
            limiters=batch.limiters,
            budget_tracker=batch.budget_tracker,
            row_models=batch.row_models,
            deadline=inf if claimed.seconds is None else max(claimed.seconds, 0.001),
            # The queue decides who has the row: a worker that claimed it before may be cut off, or hang.
            take_over=True,
        )
    return None


async def _record(queue: Queue, batch: OpenBatch, batch_id: str, place: int, ran: RowRun) -> None:
    outcome, result = ran.outcome, ran.result
    end = RowEnd(
        status=outcome.status,
        retryable=outcome.worth_retrying,
        texts=outcome.texts,
        calls=result.usage.calls,
        tokens=result.usage.total_tokens,
        usd=result.cost.usd if result.cost.complete else None,
        seconds=outcome.seconds,
        reused=outcome.reused,
        remarked=outcome.remarked,
        reason="; ".join(outcome.causes) or outcome.error,
    )
    row_result = RowResult.of(result, labels=batch.work.labels)
    await queue.transact(partial(finish_row, batch_id=batch_id, place=place, end=end, result=row_result))
    if why := batch.stop_conditions.reason_to_stop(ran):
        await queue.transact(partial(close_batch, batch_id=batch_id, state="stopped", why=why))


_CRASHED_RESULT = RowResult(
    status="failed", error=f"The row: {_MAX_CRASHES} workers died while they ran it. Look at what is special about it."
)
_CRASHED = RowEnd(
    status="failed",
    retryable=False,
    texts=0,
    calls=0,
    tokens=0,
    usd=None,
    seconds=0.0,
    reused=False,
    reason=_CRASHED_RESULT.error,
)
