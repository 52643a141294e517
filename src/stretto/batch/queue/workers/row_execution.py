"""Carries out one row that was taken out of the queue, and notes what came of it."""

from contextlib import suppress
from functools import partial
from math import inf

from stretto.app.resume import RunJournal
from stretto.batch.queue.batch_state import RowEnd
from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage import batches, rows
from stretto.batch.queue.storage.rows import Taken
from stretto.batch.queue.storage.serialization import job_from_bytes
from stretto.batch.queue.workers.open_batches import OpenBatch, OpenBatches
from stretto.batch.row_runner import RowRun, carry_out
from stretto.batch.tables import RowResult
from stretto.core.errors import InputError, JournalError, QueueError

_MOST_DEATHS = 5
"""A row under which so many workers died is poison, and no other is to die of it."""


async def work_row(
    queue: Queue, journal: RunJournal, open_batches: OpenBatches, batch_id: str, place: int, *, retry: bool
) -> None:
    """Run a row, or what the journal lacks of it.

    Raises `InputError` when this worker cannot run rows of this batch, `JournalError` and `QueueError` when what came
    of it cannot be kept; in each case the row is to be offered again.
    """
    taken = await queue.transact(partial(rows.take, batch_id=batch_id, place=place))
    if taken is None or taken.state != "open" or taken.status == "complete":
        return
    if taken.begun > _MOST_DEATHS:
        await queue.transact(partial(rows.finish, batch_id=batch_id, place=place, end=_POISON, result=_POISON_RESULT))
        return
    try:
        bench = await open_batches.of(batch_id, taken)
        ran = await _ran(bench, taken, journal, retry=retry)
    except (InputError, JournalError, QueueError):
        with suppress(QueueError):
            await queue.transact(partial(rows.put_back, batch_id=batch_id, place=place))
        raise
    if ran is None:
        await queue.transact(partial(rows.put_back, batch_id=batch_id, place=place))
    else:
        await _keep(queue, bench, batch_id, place, ran)
    if bench.budget_tracker and not bench.under_way:
        with suppress(QueueError):
            await bench.budget_tracker.give_back()


async def _ran(bench: OpenBatch, taken: Taken, journal: RunJournal, *, retry: bool) -> RowRun | None:
    """Return what came of a row; None when the batch was cancelled in the middle of it."""
    job = job_from_bytes(taken.input, bench.work, retry_errors=retry)
    with bench.row():
        return await carry_out(
            job,
            journal=journal,
            limiters=bench.limiters,
            budget_tracker=bench.budget_tracker,
            row_models=bench.row_models,
            deadline=inf if taken.seconds is None else max(taken.seconds, 0.001),
            # Who has the row is for the queue to say: a worker that had it before may be cut off, or stand still.
            take_over=True,
        )
    return None


async def _keep(queue: Queue, bench: OpenBatch, batch_id: str, place: int, ran: RowRun) -> None:
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
    texts = RowResult.of(result, labels=bench.work.labels)
    await queue.transact(partial(rows.finish, batch_id=batch_id, place=place, end=end, result=texts))
    if why := bench.stop_conditions.reason_to_stop(ran):
        await queue.transact(partial(batches.close, batch_id=batch_id, state="stopped", why=why))


_POISON_RESULT = RowResult(
    status="failed", error=f"The row: {_MOST_DEATHS} workers died while they ran it. Look at what is special about it."
)
_POISON = RowEnd(
    status="failed",
    retryable=False,
    texts=0,
    calls=0,
    tokens=0,
    usd=None,
    seconds=0.0,
    reused=False,
    reason=_POISON_RESULT.error,
)
