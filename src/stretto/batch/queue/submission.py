"""Puts the rows of a table into the queue, in bulk; the same rows with the same work are the same batch."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from stretto.batch.input_table import InputTable
from stretto.batch.queue.batch_state import Limits
from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage import batches
from stretto.batch.queue.storage.budget_leases import reclaim_leases
from stretto.batch.queue.storage.rows import NewRow, enqueue_rows, requeue_rows
from stretto.batch.queue.storage.serialization import row_to_bytes
from stretto.batch.rows.row_job import RowJob, Work
from stretto.batch.tables import Row, RowResult
from stretto.core.errors import InputError
from stretto.journal.serialization import dump

_AT_ONCE = 1_000
"""Rows in one transaction."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """What is put into the queue."""

    input_table: InputTable
    work: Work
    limits: Limits
    retry_errors: bool = False
    priority: int = 0
    """Rows of a higher one are taken first."""


async def submit(queue: Queue, submission: Submission) -> str:
    """Put a table's rows into the queue and return the batch's id; raises `QueueError` and `InputError`.

    Submitted again, rows with a final result stay as they are; the others are put in again unless they are there.
    """
    input_table, work = submission.input_table, submission.work
    batch_id = batch_id_of(input_table, work)
    await queue.transact(
        partial(
            batches.open_batch,
            batch_id=batch_id,
            title=input_table.table.path.name,
            total=input_table.total,
            work=work,
            form=batches.Form(
                columns=tuple(input_table.table.columns), delimiter=input_table.table.delimiter, types=input_table.types
            ),
            limits=submission.limits,
        )
    )
    new = _new_rows(input_table, work)
    while some := list(islice(new, _AT_ONCE)):
        await queue.transact(
            partial(enqueue_rows, app=queue.app, batch_id=batch_id, rows=some, priority=submission.priority)
        )
    await queue.transact(partial(reclaim_leases, batch_id=batch_id, retry_errors=submission.retry_errors))
    after: int | None = -1
    while after is not None:
        after = await queue.transact(
            partial(
                requeue_rows,
                app=queue.app,
                batch_id=batch_id,
                after=after,
                retry_errors=submission.retry_errors,
                priority=submission.priority,
            )
        )
    await queue.transact(partial(batches.mark_filled, batch_id=batch_id))
    return batch_id


def batch_id_of(input_table: InputTable, work: Work) -> str:
    """Return the id of a batch, made of its rows in their order and of what is done with them."""
    digest = hashlib.sha256(work.key.encode())
    with input_table.rows() as found:
        for row, job in _jobs(found, input_table, work):
            digest.update(f"\n{row.id} {job.run_id if isinstance(job, RowJob) else ''}".encode(errors="replace"))
    return f"b-{digest.hexdigest()[:10]}"


def _new_rows(input_table: InputTable, work: Work) -> Iterator[NewRow]:
    with input_table.rows() as found:
        for place, (row, job) in enumerate(_jobs(found, input_table, work)):
            if isinstance(job, RowJob):
                yield NewRow(place=place, run_id=job.run_id, input=row_to_bytes(row, job))
            elif job is None:
                yield NewRow(place=place, run_id="", input=row_to_bytes(row, None), status="kept")
            else:
                result = RowResult(status="failed", error=str(job))
                yield NewRow(
                    place=place, run_id="", input=row_to_bytes(row, None), status="failed", result=dump(result)
                )


def _jobs(
    found: Iterator[Row], input_table: InputTable, work: Work
) -> Iterator[tuple[Row, RowJob | InputError | None]]:
    """Yield each row with its job, or why it gives none, or None when it is only written out again."""
    chosen = 0
    for row in found:
        if not row.selected or (input_table.limit is not None and chosen >= input_table.limit):
            yield row, None
            continue
        chosen += 1
        try:
            yield row, input_table.job_of(row, work)
        except InputError as error:  # This row gives no task; another one does.
            yield row, error
