"""Carries a run out in front of a person or a program: view, review, Ctrl-C, what is printed in the end."""

import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import anyio

from stretto.core.errors import StrettoError
from stretto.core.events import Event, ReviewRequested, RunStarted
from stretto.core.plan import Plan
from stretto.core.result import RunResult
from stretto.core.task import Task
from stretto.core.usage import Quote
from stretto.export import Report, write_report
from stretto.faces.cli.board import Board
from stretto.faces.cli.closing import say_how_it_ended
from stretto.faces.cli.errors import ExitCode, one_line
from stretto.faces.cli.interrupts import Interrupts
from stretto.faces.cli.json_lines import JsonLines
from stretto.faces.cli.plain import PlainProgress, results_text
from stretto.faces.cli.terminals import live_console, results_console

if TYPE_CHECKING:
    from stretto.app.orchestrator import Orchestrator

TICK = 0.1
"""Seconds between two frames of a live view."""


class Watcher(Protocol):
    """Shows a run while it goes on."""

    moving: bool
    """Whether it shows texts as they grow, and is to be drawn again and again."""

    def see(self, event: Event) -> None:
        """Take note of one event, which the board has taken in already; must be quick."""
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


Reviewer = Callable[[Plan, Quote], Plan | None]
"""Asks a person what is to be run of a plan; None for nothing. May block: nothing else is under way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """What is to be run, and how it is to be shown."""

    task: str
    context: Mapping[str, object] = field(default_factory=dict[str, object])
    plan: Plan | None = None
    """A plan made elsewhere; None to have one made."""
    review: Reviewer | None = None
    as_json: bool = False
    """Events on stdout, one a line, in place of the results."""
    output: Path | None = None
    """Where the results are written in place of stdout."""
    others: tuple[str, ...] = ()
    """Roles with their models, beside the orchestrator and the workers."""


def conduct(orchestrator: "Orchestrator", errand: Errand) -> int:
    """Run an errand to its end and return the exit code."""
    board, interrupts = Board(), Interrupts()
    watcher = open_watcher(board, as_json=errand.as_json)
    say_models(orchestrator, errand.others)
    try:
        anyio.run(follow, orchestrator, errand, board, watcher, interrupts)
    finally:
        watcher.close()
    result = board.result or (board.so_far() if interrupts.seen else None)
    delivered = True
    if result and any(outcome.status == "completed" for outcome in result.results):
        delivered = _deliver(result, board, orchestrator, errand)
    say_how_it_ended(board, result, interrupted=board.result is None)
    if board.result is None:
        return interrupts.code
    if not delivered:
        return ExitCode.ERROR
    return {"complete": ExitCode.COMPLETE, "partial": ExitCode.PARTIAL, "failed": ExitCode.ERROR}[board.result.status]


async def follow(
    orchestrator: "Orchestrator", errand: Errand, board: Board, watcher: Watcher, interrupts: Interrupts
) -> None:
    """Run an errand and show every event; a Ctrl-C ends it early and leaves the board as it is."""
    requested = anyio.Event()

    async def review(plan: Plan, quote: Quote) -> Plan | None:
        assert errand.review is not None
        await requested.wait()  # everything that led to it has been shown
        watcher.pause()
        edited = errand.review(plan, quote)
        if edited is not None:
            board.replan(edited)
            watcher.resume()
        return edited

    # Around the reading only: what is under way is then cancelled by leaving the stream, as at any other end.
    reading = anyio.CancelScope()

    def stop() -> None:
        watcher.close()
        print("Stopping. Ctrl-C again leaves at once.", file=sys.stderr)
        reading.cancel()

    with interrupts.calling(stop):
        async with (
            _drawing(watcher),
            orchestrator.stream(
                errand.task,
                context=errand.context,
                deltas=watcher.moving,
                plan=errand.plan,
                review=review if errand.review else None,
            ) as events,
        ):
            with reading:
                async for event in events:
                    board.see(event)
                    if isinstance(event, RunStarted):
                        for label in event.labels:
                            print(f"note: {one_line(label)}", file=sys.stderr)
                    watcher.see(event)
                    if isinstance(event, ReviewRequested):
                        requested.set()


@asynccontextmanager
async def _drawing(watcher: Watcher) -> AsyncGenerator[None]:
    if not watcher.moving:
        yield
        return
    async with anyio.create_task_group() as group:
        group.start_soon(_keep_drawing, watcher)
        yield
        group.cancel_scope.cancel()


async def _keep_drawing(watcher: Watcher) -> None:
    while True:
        watcher.tick()
        await anyio.sleep(TICK)


def open_watcher(board: Board, *, as_json: bool) -> Watcher:
    """Return what suits the place where the output goes."""
    if as_json:
        return JsonLines()
    if console := live_console():
        from stretto.faces.cli.live.view import LiveView  # Rich is loaded only where a terminal is drawn on

        return LiveView(board, console)
    return PlainProgress(board)


def say_models(orchestrator: "Orchestrator", others: Sequence[str] = ()) -> None:
    """Say on stderr which models are going to be asked, and why those."""
    models = orchestrator.models
    said = [f"orchestrator {models['orchestrator']}", f"workers {models['worker']}", *others]
    why = f" ({orchestrator.why.rstrip('.')})" if orchestrator.why else ""
    print(one_line(f"models: {', '.join(said)}{why}"), file=sys.stderr)


def _deliver(result: RunResult, board: Board, orchestrator: "Orchestrator", errand: Errand) -> bool:
    """Put the results where they were asked for; where that fails they go to stdout, and it returns False."""
    labels = board.run.labels if board.run else ()
    written = errand.output is None
    if errand.output:
        task = Task.of(errand.task, errand.context)
        report = Report(result=result, task=task, recipe=orchestrator.recipe.name, labels=labels)
        try:
            write_report(report, errand.output)
            written = True
            print(f"written: {errand.output}", file=sys.stderr)
        except StrettoError as error:  # what was paid for is not thrown away
            print(f"error: {one_line(str(error))}", file=sys.stderr)
    if not errand.as_json and not (errand.output and written):
        _print(result, labels)
    return written


def _print(result: RunResult, labels: tuple[str, ...]) -> None:
    if console := results_console():
        from stretto.faces.cli.live.results import print_results

        print_results(console, result, labels)
    else:
        sys.stdout.write(results_text(result, labels))
    sys.stdout.flush()
