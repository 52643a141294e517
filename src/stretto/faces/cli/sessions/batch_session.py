"""Carries a batch out in front of a person or a program: progress, Ctrl-C, the output, what is said in the end."""

import gc
import sys
import time
from contextlib import closing as closed
from contextlib import nullcontext

import anyio
import typer

from stretto.batch.local_runner import BatchRunner
from stretto.batch.progress import BatchProgress, Counts
from stretto.batch.quote import calls_per_row
from stretto.batch.results_output import write_report, write_results
from stretto.batch.rows.call_counter import CallCounter
from stretto.batch.tables import ResultStore
from stretto.core.errors import JournalError, StrettoError
from stretto.faces.cli.input.batch_inputs import BatchInputs
from stretto.faces.cli.input.command_line import same_command
from stretto.faces.cli.input.journal_options import or_without
from stretto.faces.cli.process.exit_codes import ExitCode
from stretto.faces.cli.process.signals import Interrupts
from stretto.faces.cli.views.batch_progress import Progress, open_progress
from stretto.faces.cli.views.preview import print_batch_notes
from stretto.faces.shared.batch_wording import batch_summary, missing_rows, next_step_line, progress_line, remarks
from stretto.faces.shared.formatting import count, glyphs_for, one_line
from stretto.faces.shared.next_steps import limits_to_raise

_SOON = 1.5
"""Seconds for which nobody asks what is going on."""


def run_batch_session(ready: BatchInputs, context: typer.Context) -> int:
    """Run a batch to its end and return the exit code."""
    print_batch_notes(ready)
    calls, at_once = calls_per_row(ready.input_table, ready.setup), ready.setup.concurrency
    call_counter = CallCounter(clock=time.monotonic, calls_per_row=calls, at_once=at_once)
    counts, interrupts = (
        BatchProgress(clock=time.monotonic, total=ready.input_table.total, call_counter=call_counter),
        Interrupts(),
    )
    again = same_command(context, ready.location)
    with closed(ResultStore()) as store:
        lost = _run_to_end(ready, store, counts, interrupts, again)
        # With no text there, or what was done damaged, what was written earlier is worth more.
        worth_it = not store.lost and (counts.done or counts.texts or not lost)
        written = _deliver(ready, store, counts) if worth_it else False
    dot = glyphs_for(sys.stderr.encoding).dot
    for excess in ready.setup.budget_tracker.excesses:
        print(f"note: {one_line(excess)}", file=sys.stderr)
    for line in (*missing_rows(counts, counts.stopped), *remarks(counts)):
        print(line, file=sys.stderr)
    if counts.stopped:
        print(f"No further row was begun: {one_line(str(counts.stopped))}", file=sys.stderr)
    if lost:
        print(f"error: {one_line(str(lost))}", file=sys.stderr)
    short = counts.statuses["complete"] < counts.total
    if ready.location and (not written or short):
        stopped = bool(counts.stopped) or not (written and short)
        again = same_command(context, ready.location, raised=limits_to_raise(filter(None, [counts.stopped])))
        print(next_step_line(counts, again=again, retrying=ready.retry_errors, stopped=stopped), file=sys.stderr)
    print(
        batch_summary(counts, ready.setup.budget_tracker.total.cost, dot=dot, interrupted=interrupts.seen),
        file=sys.stderr,
    )
    if interrupts.seen:
        return interrupts.code
    if not written:
        return ExitCode.ERROR
    if lost:
        return ExitCode.PARTIAL if counts.texts else ExitCode.ERROR
    return code_of(counts)


def code_of(counts: Counts) -> ExitCode:
    """Return the exit code of a batch that is over."""
    if counts.statuses["complete"] == counts.total:
        return ExitCode.COMPLETE
    return ExitCode.PARTIAL if counts.texts else ExitCode.ERROR


def _run_to_end(
    ready: BatchInputs, store: ResultStore, counts: BatchProgress, interrupts: Interrupts, again: str
) -> JournalError | None:
    """Run the rows; return what ended it when the journal failed on the way, raise that when no call was made."""
    dot = glyphs_for(sys.stderr.encoding).dot
    progress = open_progress(lambda: progress_line(counts, ready.setup.budget_tracker.total.cost, dot=dot))
    lost: list[JournalError] = []
    try:
        anyio.run(_follow, ready, store, counts, interrupts, progress, again)
    except* JournalError as errors:
        lost.append(_first(errors))
    finally:
        progress.close()
    if lost and not counts.done and not ready.setup.budget_tracker.total.usage.calls:
        error = ready.location.worded(lost[0]) if ready.location else lost[0]
        raise or_without(error) if ready.location and ready.location.optional else error
    return lost[0] if lost else None


def _first(errors: BaseExceptionGroup[JournalError]) -> JournalError:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _follow(
    ready: BatchInputs,
    store: ResultStore,
    counts: BatchProgress,
    interrupts: Interrupts,
    progress: Progress,
    again: str,
) -> None:
    def stop() -> None:
        progress.close()
        kept = f"; to go on later: {again}" if ready.location else ""
        print(f"Stopping. Ctrl-C again leaves at once{kept}", file=sys.stderr)
        working.cancel()

    async with ready.location.opened() if ready.location else nullcontext():
        runner = BatchRunner(
            ready.input_table,
            ready.setup,
            journal=ready.location.journal if ready.location else None,
            store=store,
            counts=counts,
            retry_errors=ready.retry_errors,
        )
        # What is loaded by now stays: to look through it for garbage takes a tenth of a second, again and again.
        gc.freeze()
        working = anyio.CancelScope()
        with interrupts.calling(stop):
            try:
                with working:
                    async with anyio.create_task_group() as group:
                        group.start_soon(progress.keep_showing)
                        await runner.run()
                        group.cancel_scope.cancel()
            except* JournalError:
                progress.close()
                await _recall_what_can_be_read(runner)
                raise
            progress.close()
            async with anyio.create_task_group() as group:
                group.start_soon(_say_reading, ready, counts, interrupts)
                await runner.recall()
                group.cancel_scope.cancel()


async def _recall_what_can_be_read(runner: BatchRunner) -> None:
    """Add the texts of rows that were under way: a journal that can no longer be written can mostly be read."""
    try:
        await runner.recall()
    except* JournalError:
        pass


async def _say_reading(ready: BatchInputs, counts: BatchProgress, interrupts: Interrupts) -> None:
    rows = count(counts.total - counts.done, "row")
    await anyio.sleep(_SOON)
    assert ready.output_options
    way_out = f"; Ctrl-C again leaves {ready.output_options.path} as it was" if interrupts.seen else ""
    print(f"Reading what the journal has of the other {rows}{way_out}.", file=sys.stderr)


def _deliver(ready: BatchInputs, store: ResultStore, counts: BatchProgress) -> bool:
    """Write the output and the report; return whether both are there."""
    output_options = ready.output_options
    assert output_options
    try:
        for note in write_results(ready.input_table, store, output_options):
            print(f"note: {one_line(note)}", file=sys.stderr)
        print(f"written: {one_line(str(output_options.path))}", file=sys.stderr)
        if output_options.report:
            role_models = ready.setup.job.role_models
            facts = [
                ("Task", ready.input_table.columns.task),
                ("Recipe", ready.setup.job.recipe.name),
                ("Orchestrator", role_models.orchestrator.name),
                ("Workers", role_models.worker.name),
            ]
            write_report(
                ready.input_table, store, counts, output_options.report, facts=facts, labels=role_models.labels
            )
            print(f"written: {one_line(str(output_options.report))}", file=sys.stderr)
    except StrettoError as error:  # the journal has what was paid for
        print(f"error: {one_line(str(error))}", file=sys.stderr)
        return False
    return True
