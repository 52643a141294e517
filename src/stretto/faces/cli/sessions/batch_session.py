"""Carries a batch out in front of a person or a program: progress, Ctrl-C, the output, what is said in the end."""

import gc
import sys
import time
from contextlib import closing as closed
from contextlib import nullcontext

import anyio
import typer

from stretto.batch.call_counter import CallCounter
from stretto.batch.local.runner import BatchRunner
from stretto.batch.progress import BatchProgress, Counts
from stretto.batch.quote import calls_per_row
from stretto.batch.results_output import deliver, report
from stretto.batch.tables import ResultStore
from stretto.core.errors import JournalError, StrettoError
from stretto.faces.cli.errors import ExitCode, one_line
from stretto.faces.cli.input.batch_inputs import BatchInputs
from stretto.faces.cli.input.command_line import the_same_command
from stretto.faces.cli.input.journal_options import or_without
from stretto.faces.cli.sessions.signals import Interrupts
from stretto.faces.cli.views.batch_progress import Progress, open_progress
from stretto.faces.cli.views.batch_wording import advice, closing, missing, progress_line, remarks, say_notes
from stretto.faces.shared.next_steps import limits_to_raise
from stretto.faces.shared.wording import count, glyphs_for

_SOON = 1.5
"""Seconds for which nobody asks what is going on."""


def conduct_batch(ready: BatchInputs, context: typer.Context) -> int:
    """Run a batch to its end and return the exit code."""
    say_notes(ready)
    calls, at_once = calls_per_row(ready.sheet, ready.office), ready.office.concurrency
    pace = CallCounter(clock=time.monotonic, calls_per_row=calls, at_once=at_once)
    tally, interrupts = BatchProgress(clock=time.monotonic, total=ready.sheet.total, pace=pace), Interrupts()
    again = the_same_command(context, ready.place)
    with closed(ResultStore()) as store:
        lost = _carry_through(ready, store, tally, interrupts, again)
        # With no text there, or what was done damaged, what was written earlier is worth more.
        worth_it = not store.lost and (tally.done or tally.texts or not lost)
        written = _deliver(ready, store, tally) if worth_it else False
    dot = glyphs_for(sys.stderr.encoding).dot
    for excess in ready.office.books.excesses:
        print(f"note: {one_line(excess)}", file=sys.stderr)
    for line in (*missing(tally, tally.stopped), *remarks(tally)):
        print(line, file=sys.stderr)
    if tally.stopped:
        print(f"No further row was begun: {one_line(str(tally.stopped))}", file=sys.stderr)
    if lost:
        print(f"error: {one_line(str(lost))}", file=sys.stderr)
    short = tally.statuses["complete"] < tally.total
    if ready.place and (not written or short):
        stopped = bool(tally.stopped) or not (written and short)
        again = the_same_command(context, ready.place, raised=limits_to_raise(filter(None, [tally.stopped])))
        print(advice(tally, again=again, retrying=ready.retry_errors, stopped=stopped), file=sys.stderr)
    print(closing(tally, ready.office.books.total.cost, dot=dot, interrupted=interrupts.seen), file=sys.stderr)
    if interrupts.seen:
        return interrupts.code
    if not written:
        return ExitCode.ERROR
    if lost:
        return ExitCode.PARTIAL if tally.texts else ExitCode.ERROR
    return code_of(tally)


def code_of(tally: Counts) -> ExitCode:
    """Return the exit code of a batch that is over."""
    if tally.statuses["complete"] == tally.total:
        return ExitCode.COMPLETE
    return ExitCode.PARTIAL if tally.texts else ExitCode.ERROR


def _carry_through(
    ready: BatchInputs, store: ResultStore, tally: BatchProgress, interrupts: Interrupts, again: str
) -> JournalError | None:
    """Run the rows; return what ended it when the journal failed on the way, raise that when no call was made."""
    dot = glyphs_for(sys.stderr.encoding).dot
    progress = open_progress(lambda: progress_line(tally, ready.office.books.total.cost, dot=dot))
    lost: list[JournalError] = []
    try:
        anyio.run(_follow, ready, store, tally, interrupts, progress, again)
    except* JournalError as errors:
        lost.append(_first(errors))
    finally:
        progress.close()
    if lost and not tally.done and not ready.office.books.total.usage.calls:
        error = ready.place.worded(lost[0]) if ready.place else lost[0]
        raise or_without(error) if ready.place and ready.place.optional else error
    return lost[0] if lost else None


def _first(errors: BaseExceptionGroup[JournalError]) -> JournalError:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _follow(
    ready: BatchInputs, store: ResultStore, tally: BatchProgress, interrupts: Interrupts, progress: Progress, again: str
) -> None:
    def stop() -> None:
        progress.close()
        kept = f"; to go on later: {again}" if ready.place else ""
        print(f"Stopping. Ctrl-C again leaves at once{kept}", file=sys.stderr)
        working.cancel()

    async with ready.place.opened() if ready.place else nullcontext():
        flow = BatchRunner(
            ready.sheet,
            ready.office,
            journal=ready.place.journal if ready.place else None,
            store=store,
            tally=tally,
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
                        await flow.run()
                        group.cancel_scope.cancel()
            except* JournalError:
                progress.close()
                await _recall_what_can_be_read(flow)
                raise
            progress.close()
            async with anyio.create_task_group() as group:
                group.start_soon(_say_that_it_reads, ready, tally, interrupts)
                await flow.recall()
                group.cancel_scope.cancel()


async def _recall_what_can_be_read(flow: BatchRunner) -> None:
    """Add the texts of rows that were under way: a journal that can no longer be written can mostly be read."""
    try:
        await flow.recall()
    except* JournalError:
        pass


async def _say_that_it_reads(ready: BatchInputs, tally: BatchProgress, interrupts: Interrupts) -> None:
    rows = count(tally.total - tally.done, "row")
    await anyio.sleep(_SOON)
    assert ready.wish
    way_out = f"; Ctrl-C again leaves {ready.wish.path} as it was" if interrupts.seen else ""
    print(f"Reading what the journal has of the other {rows}{way_out}.", file=sys.stderr)


def _deliver(ready: BatchInputs, store: ResultStore, tally: BatchProgress) -> bool:
    """Write the output and the report; return whether both are there."""
    wish = ready.wish
    assert wish
    try:
        for note in deliver(ready.sheet, store, wish):
            print(f"note: {one_line(note)}", file=sys.stderr)
        print(f"written: {one_line(str(wish.path))}", file=sys.stderr)
        if wish.report:
            team = ready.office.job.team
            facts = [
                ("Task", ready.sheet.columns.task),
                ("Recipe", ready.office.job.recipe.name),
                ("Orchestrator", team.orchestrator.name),
                ("Workers", team.worker.name),
            ]
            report(ready.sheet, store, tally, wish.report, facts=facts, labels=team.labels)
            print(f"written: {one_line(str(wish.report))}", file=sys.stderr)
    except StrettoError as error:  # the journal has what was paid for
        print(f"error: {one_line(str(error))}", file=sys.stderr)
        return False
    return True
