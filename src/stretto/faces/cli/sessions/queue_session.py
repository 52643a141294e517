"""Puts a batch into a queue in front of a person or a program, and follows it to its end when it is to be written."""

import sys

import anyio
import typer

from stretto.batch.queue import Limits, Queue, QueuedBatch, Submission, collect, open_queue, submit
from stretto.batch.quote import calls_per_row
from stretto.batch.results_output import OutputOptions
from stretto.batch.rows.call_counter import CallCounter
from stretto.core.errors import StrettoError
from stretto.faces.cli.input.batch_inputs import BatchInputs
from stretto.faces.cli.input.command_line import same_command
from stretto.faces.cli.process.exit_codes import ExitCode
from stretto.faces.cli.process.signals import Interrupts
from stretto.faces.cli.sessions.batch_session import code_of
from stretto.faces.cli.sessions.queue_access import command
from stretto.faces.cli.views.batch_progress import Progress, open_progress
from stretto.faces.cli.views.preview import print_batch_notes
from stretto.faces.shared.batch_wording import batch_summary, missing_rows, next_step_line, progress_line, remarks
from stretto.faces.shared.formatting import count, glyphs_for, one_line
from stretto.faces.shared.next_steps import limits_to_raise


def run_queue_session(ready: BatchInputs, context: typer.Context, url: str, priority: int) -> int:
    """Put a batch into the queue; with an output follow it, write it and return the exit code."""
    print_batch_notes(ready)
    return anyio.run(_QueueSession(ready, url, priority, context).run)


class _QueueSession:
    """One submission, as somebody watches it."""

    def __init__(self, ready: BatchInputs, url: str, priority: int, context: typer.Context) -> None:
        self._ready = ready
        self._url = url
        self._priority = priority
        self._context = context
        self._interrupts = Interrupts()
        self._batch_id = ""

    async def run(self) -> int:
        async with open_queue(self._url) as queue:
            with anyio.CancelScope() as scope, self._interrupts.calling(scope.cancel):
                self._batch_id = await submit(queue, self._submission())
                self._say_submitted(await queue.status(self._batch_id))
                if self._ready.output_options is None:
                    return ExitCode.COMPLETE
                return await self._finish(queue, self._ready.output_options, await self._follow(queue))
            return self._leave()

    def _submission(self) -> Submission:
        setup = self._ready.setup
        budget = setup.budget_tracker.stated
        return Submission(
            input_table=self._ready.input_table,
            work=setup.work,
            limits=Limits(
                concurrency=setup.concurrency if setup.concurrency_stated else None,
                deadline=None if setup.deadline == float("inf") else setup.deadline,
                usd=budget.usd,
                tokens=budget.tokens,
            ),
            retry_errors=self._ready.retry_errors,
            priority=self._priority,
        )

    def _say_submitted(self, status: QueuedBatch) -> None:
        rest = status.total - status.done
        done = f", {status.done:,} more are done" if status.done else ""
        print(f"batch {self._batch_id}: {count(rest, 'row')} in the queue{done}", file=sys.stderr)
        if rest and not status.workers:
            print(f"No worker is there yet. Start some: {command(self._url, 'worker')}", file=sys.stderr)
        if self._ready.output_options is None:
            self._say_next()

    def _say_next(self) -> None:
        print(f"Look: {command(self._url, 'batch', 'status', self._batch_id)}", file=sys.stderr)
        print(f"Write: {command(self._url, 'batch', 'collect', self._batch_id)} -o out.csv", file=sys.stderr)

    async def _follow(self, queue: Queue) -> QueuedBatch:
        """Return how the batch stands when nothing more comes of it."""
        latest = [await queue.status(self._batch_id)]
        dot = glyphs_for(sys.stderr.encoding).dot
        progress: Progress = open_progress(
            lambda: progress_line(latest[0], latest[0].cost, dot=dot, guess=self._guess(latest[0]))
        )
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(progress.keep_showing)
                async for latest[0] in queue.follow(self._batch_id):
                    pass
                group.cancel_scope.cancel()
        finally:
            progress.close()
        return latest[0]

    def _guess(self, status: QueuedBatch) -> int | None:
        """Return how long the rest takes before any row is done, as quoted; None where nobody works on it."""
        if status.state != "open" or not status.workers:
            return None
        at_once = self._ready.setup.concurrency * (1 if self._ready.setup.concurrency_stated else status.workers)
        calls = calls_per_row(self._ready.input_table, self._ready.setup)
        call_counter = CallCounter(clock=lambda: 0.0, calls_per_row=calls, at_once=at_once)
        return call_counter.remaining(rows=status.total - status.done, run=0, calls_of_run=0)

    async def _finish(self, queue: Queue, output_options: OutputOptions, status: QueuedBatch) -> int:
        for line in (*missing_rows(status, status.stopped), *remarks(status)):
            print(line, file=sys.stderr)
        if status.stopped:
            print(f"No further row was begun: {one_line(str(status.stopped))}", file=sys.stderr)
        written = True
        try:
            await write(queue, self._batch_id, output_options)
        except StrettoError as error:  # the queue has what was paid for
            print(f"error: {one_line(str(error))}", file=sys.stderr)
            written = False
        short = status.statuses["complete"] < status.total
        if short or not written:
            stopped = bool(status.stopped) or not (written and short)
            again = same_command(self._context, None, raised=limits_to_raise(filter(None, [status.stopped])))
            print(
                next_step_line(status, again=again, retrying=self._ready.retry_errors, stopped=stopped), file=sys.stderr
            )
        dot = glyphs_for(sys.stderr.encoding).dot
        print(batch_summary(status, status.cost, dot=dot, interrupted=False), file=sys.stderr)
        return code_of(status) if written else ExitCode.ERROR

    def _leave(self) -> int:
        """Say that the batch goes on without us."""
        if self._batch_id:
            print("Not followed any more; the workers go on.", file=sys.stderr)
            self._say_next()
            print(f"End it: {command(self._url, 'batch', 'cancel', self._batch_id)}", file=sys.stderr)
        else:
            print(f"Not all rows are in the queue yet. To go on: {same_command(self._context, None)}", file=sys.stderr)
        return self._interrupts.code


async def write(queue: Queue, batch_id: str, output_options: OutputOptions) -> None:
    """Write the output and the report, and say so on stderr; raises `StrettoError`."""
    for note in await collect(queue, batch_id, output_options):
        print(f"note: {one_line(note)}", file=sys.stderr)
    for path in filter(None, (output_options.path, output_options.report)):
        print(f"written: {one_line(str(path))}", file=sys.stderr)
