"""Collects the results of a batch: writes its output and report from the queue alone, without table or journal."""

from collections.abc import Iterator, Sequence
from functools import partial

from anyio import from_thread, to_thread

from stretto.batch.queue.queue import Queue
from stretto.batch.queue.storage import batches
from stretto.batch.queue.storage.rows import StoredRow, read_rows
from stretto.batch.results_output import OutputOptions, summary
from stretto.batch.rows.row_job import Work
from stretto.batch.tables import Row, RowResult, write_batch_report, write_output


async def collect(queue: Queue, batch_id: str, output_options: OutputOptions) -> Sequence[str]:
    """Write the output, and the report if one is wished for; return what must be said about the output.

    Each is whole or not written at all. Raises `StrettoError`.
    """
    form, work = await queue.transact(partial(batches.read_output, batch_id=batch_id))
    notes = await to_thread.run_sync(_write, queue, batch_id, output_options, form)
    if output_options.report:
        await to_thread.run_sync(_report, queue, batch_id, output_options, work)
    return notes


def _write(queue: Queue, batch_id: str, output_options: OutputOptions, form: batches.Form) -> Sequence[str]:
    reader = _RowReader(queue, batch_id)
    return write_output(
        output_options.path,
        form.columns,
        reader.rows(),
        lambda row: reader.result,
        form=output_options.form,
        raw=output_options.raw,
        delimiter=form.delimiter,
        types=form.types,
    )


def _report(queue: Queue, batch_id: str, output_options: OutputOptions, work: Work) -> None:
    assert output_options.report
    facts = [
        ("Recipe", work.spec["recipe"]["name"]),
        ("Orchestrator", work.spec["models"]["orchestrator"]),
        ("Workers", work.spec["models"]["worker"]),
    ]
    summaries = (
        summary(row.row, row.result, -1.0 if row.reused else row.seconds) for row in _stored_rows(queue, batch_id)
    )
    write_batch_report(output_options.report, summaries, title=f"Batch {batch_id}", facts=facts, labels=work.labels)


class _RowReader:
    """Yields rows in order, and keeps the result of the row that was yielded last."""

    def __init__(self, queue: Queue, batch_id: str) -> None:
        self.result: RowResult | None = None
        self._stored = _stored_rows(queue, batch_id)

    def rows(self) -> Iterator[Row]:
        for stored in self._stored:
            self.result = stored.result
            yield stored.row


def _stored_rows(queue: Queue, batch_id: str) -> Iterator[StoredRow]:
    """Yield all rows in order, some at a time from the database; called in a thread."""
    after = -1
    while found := from_thread.run(queue.transact, partial(read_rows, batch_id=batch_id, after=after)):
        yield from found
        after = found[-1].place
