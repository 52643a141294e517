"""Carries a run out in front of a person or a program: view, review, Ctrl-C, what is printed in the end."""

import shlex
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio

from stretto.core.errors import JournalError, StrettoError
from stretto.core.events import Event, ReviewRequested, RunStarted
from stretto.core.plan import Plan
from stretto.core.result import Failure, RunResult
from stretto.core.task import Task
from stretto.core.usage import Quote
from stretto.engine import EventStream, Reviewed, ReviewHook
from stretto.export import Report, write_report
from stretto.faces.cli.input.command_line import resume_command
from stretto.faces.cli.input.journal_options import JournalLocation, or_without
from stretto.faces.cli.process.exit_codes import ExitCode
from stretto.faces.cli.process.output_streams import StdoutError
from stretto.faces.cli.process.signals import Interrupts
from stretto.faces.cli.process.terminals import live_console
from stretto.faces.cli.process.text_encoding import as_typed
from stretto.faces.cli.views.json_lines import JsonLines
from stretto.faces.cli.views.plain_progress import PlainProgress
from stretto.faces.cli.views.results import print_results, results_text
from stretto.faces.cli.views.run_summary import print_run_summary
from stretto.faces.shared.formatting import one_line
from stretto.faces.shared.run_state import RunState

TICK = 0.1
"""Seconds between two frames of a live view."""


class RunView(Protocol):
    """Shows a run while it goes on."""

    moving: bool
    """Whether it shows texts as they grow, and is to be drawn again and again."""

    def see(self, event: Event) -> None:
        """Take note of one event, which the run state has taken in already; must be quick."""
        ...

    def tick(self) -> None:
        """Draw; called every `TICK` seconds."""
        ...

    def pause(self) -> None:
        """Leave the terminal to somebody else."""
        ...

    def resume(self) -> None:
        """Take it back."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was; may be called twice."""
        ...


Reviewer = Callable[[Plan, Quote], Reviewed]
"""Asks a person what is to be run of a plan. May block: nothing else is under way."""


class StartRun(Protocol):
    """Begins a run, or goes on with one: `Orchestrator.stream` with a task, or what a resume needs."""

    def __call__(self, *, deltas: bool, review: ReviewHook | None) -> AbstractAsyncContextManager[EventStream]:
        """Open the stream of its events."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRequest:
    """What is to be run, and how it is to be shown."""

    start: StartRun
    review: Reviewer | None = None
    as_json: bool = False
    """Events on stdout, one a line, in place of the results."""
    output: Path | None = None
    """Where the results are written in place of stdout."""
    location: JournalLocation | None = None
    """The journal that keeps the run; None when nothing does."""
    given: bool = False
    """Whether the plan was brought along; nobody is asked for one then."""


def run_session(request: RunRequest) -> int:
    """Carry out a run in front of its user and return the exit code."""
    run_state, interrupts = RunState(given=request.given), Interrupts()
    watcher = open_watcher(run_state, as_json=request.as_json)
    lost = run_to_end(request, run_state, watcher, interrupts)
    result = run_state.result or (
        run_state.so_far(Failure.of(lost) if lost else None) if interrupts.seen or lost else None
    )
    delivered = True
    if result and _has_texts(result):
        delivered = _deliver(result, run_state, request)
    if isinstance(lost, StdoutError):
        _print_elsewhere(lost, result, run_state, request.location)
    elif lost:
        print(f"error: {one_line(str(lost))}", file=sys.stderr)
    to_review = request.review is not None and not run_state.reviewed
    print_run_summary(
        run_state, result, interrupted=run_state.result is None, location=request.location, to_review=to_review
    )
    if isinstance(lost, JournalError):
        return ExitCode.PARTIAL if delivered and _has_texts(result) else ExitCode.ERROR
    if lost or (run_state.result and not delivered):
        return ExitCode.ERROR
    if run_state.result is None:
        return interrupts.code
    return {"complete": ExitCode.COMPLETE, "partial": ExitCode.PARTIAL, "failed": ExitCode.ERROR}[
        run_state.result.status
    ]


Lost = JournalError | StdoutError
"""What ends a run from outside: its journal failed, or its stdout did."""


def _has_texts(result: RunResult | None) -> bool:
    return result is not None and any(outcome.status == "completed" for outcome in result.results)


def run_to_end(request: RunRequest, run_state: RunState, watcher: RunView, interrupts: Interrupts) -> Lost | None:
    """Carry out a run; return what ended it when its journal or stdout failed, or raise that when nothing had begun."""
    lost: Lost | None = None
    try:
        anyio.run(follow, request, run_state, watcher, interrupts)
    except* (JournalError, StdoutError) as errors:
        lost = _first(errors)
    finally:
        watcher.close()
    if lost and run_state.run is None:
        if request.location and isinstance(lost, JournalError):
            lost = request.location.worded(lost)
            raise or_without(lost) if request.location.optional else lost
        raise lost
    return lost


def _first(errors: BaseExceptionGroup[Lost]) -> Lost:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def follow(request: RunRequest, run_state: RunState, watcher: RunView, interrupts: Interrupts) -> None:
    """Show every event of a run; a Ctrl-C ends it early and leaves the run state as it is."""
    requested = anyio.Event()

    async def review(plan: Plan, quote: Quote) -> Reviewed:
        assert request.review is not None
        await requested.wait()  # everything that led to it has been shown
        watcher.pause()
        edited = request.review(plan, quote)
        if isinstance(edited, Plan):
            run_state.replan(edited)
            watcher.resume()
        return edited

    # Around the reading only: what is under way is then cancelled by leaving the stream, as at any other end.
    reading = anyio.CancelScope()

    def stop() -> None:
        watcher.close()
        kept = ""
        if request.location and run_state.run:
            to_review = request.review is not None and not run_state.reviewed
            kept = f"; to go on later: {resume_command(request.location, run_state.run.run_id, to_review=to_review)}"
        print(f"Stopping. Ctrl-C again leaves at once{kept}", file=sys.stderr)
        reading.cancel()

    async with request.location.opened() if request.location else nullcontext():
        with interrupts.calling(stop):
            async with (
                _drawing(watcher),
                request.start(deltas=watcher.moving, review=review if request.review else None) as events,
            ):
                with reading:
                    async for event in events:
                        run_state.see(event)
                        if isinstance(event, RunStarted):
                            _introduce(event, request)
                        watcher.see(event)
                        if isinstance(event, ReviewRequested):
                            requested.set()
        if request.location and run_state.result is None:
            await _use_journal_totals(run_state, request.location)


async def _use_journal_totals(run_state: RunState, location: JournalLocation) -> None:
    """Have a run that was stopped say what the journal says of it: earlier calls too, and those that were left."""
    from stretto.app.archive import result_of_saved  # Only a run that was stopped needs it.

    if run_state.run:
        with suppress(JournalError):  # What this process has counted itself stands then.
            saved = await result_of_saved(location.journal, run_state.run.run_id)
            run_state.usage, run_state.cost = saved.usage, saved.cost


def _introduce(run: RunStarted, request: RunRequest) -> None:
    if request.location:
        print(f"run: {run.run_id}", file=sys.stderr)
    for label in run.labels:
        print(f"note: {one_line(label)}", file=sys.stderr)


@asynccontextmanager
async def _drawing(watcher: RunView) -> AsyncGenerator[None]:
    if not watcher.moving:
        yield
        return
    async with anyio.create_task_group() as group:
        group.start_soon(_keep_drawing, watcher)
        yield
        group.cancel_scope.cancel()


async def _keep_drawing(watcher: RunView) -> None:
    while True:
        watcher.tick()
        await anyio.sleep(TICK)


def open_watcher(run_state: RunState, *, as_json: bool) -> RunView:
    """Return what suits the place where the output goes."""
    if as_json:
        return JsonLines()
    if console := live_console():
        from stretto.faces.cli.views.live.view import LiveView  # Rich is loaded only where a terminal is drawn on

        return LiveView(run_state, console)
    return PlainProgress(run_state)


def _deliver(result: RunResult, run_state: RunState, request: RunRequest) -> bool:
    """Put the results where they were asked for; where that fails they go to stdout, and it returns False."""
    assert run_state.run
    run = run_state.run
    written = request.output is None
    if request.output:
        report = Report(result=result, task=Task.of(run.task, run.context), recipe=run.recipe, labels=run.labels)
        try:
            write_report(report, request.output)
            written = True
            print(f"written: {one_line(as_typed(str(request.output)))}", file=sys.stderr)
        except StrettoError as error:  # what was paid for is not thrown away
            print(f"error: {one_line(str(error))}", file=sys.stderr)
            if request.location:
                file = shlex.quote(as_typed(str(request.output)))
                print(
                    f"To write it later: {request.location.command('export', result.run_id, '-o', file)}",
                    file=sys.stderr,
                )
    if not request.as_json and not (request.output and written):
        try:
            print_results(result, run.labels)
        except StdoutError as error:
            _print_elsewhere(error, result, run_state, request.location)
            return False
    return written


def _print_elsewhere(
    error: StdoutError, result: RunResult | None, run_state: RunState, location: JournalLocation | None
) -> None:
    """Say on stderr that stdout failed and what shows the results again; without a journal, show them there."""
    assert run_state.run
    print_lost_output(error, location, run_state.run.run_id)
    if location is None and result and result.results:
        print(results_text(result, run_state.run.labels), file=sys.stderr)


def print_lost_output(error: StdoutError, location: JournalLocation | None, run_id: str) -> None:
    """Say on stderr that stdout failed, and the command that shows again what should have stood there."""
    # Who has read enough, as `head`, made no mistake; what was paid for is not lost all the same.
    print(f"{'note' if error.reader_left else 'error'}: {one_line(str(error))}", file=sys.stderr)
    if location:
        print(f"To see what came of it: {location.command('show', run_id)}", file=sys.stderr)
