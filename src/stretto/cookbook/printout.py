"""Prints a run under the notebook's headings, in the notebook's form."""

import sys
from typing import TextIO

from stretto.core.events import (
    Event,
    PlanCompleted,
    PlanRetrying,
    RunStarted,
    SubtaskSkipped,
    WorkerFailed,
    WorkerStarted,
)
from stretto.core.result import RunResult
from stretto.core.text import for_terminal

_WIDE = "=" * 80
_THIN = "-" * 80
_WARNING = "⚠️  Warning:"


class Printout:
    """Prints a run as it goes on, under the notebook's headings."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        """By subtask id; empty until the plan is whole."""
        self._types: dict[str, str] = {}
        self._early: list[Event] = []
        """What happened to workers before the plan was whole: no "1/3" can be said of them yet."""

    def see(self, event: Event) -> None:
        """Print what an event means."""
        match event:
            case RunStarted():
                for label in event.labels:
                    say(f"Note: {label}")
            case PlanRetrying():
                say(f"{_WARNING} the plan is asked for again: {event.reason}")
            case PlanCompleted():
                self._print_plan(event)
            case WorkerStarted() | WorkerFailed() | SubtaskSkipped():
                self._worker(event) if self._numbers else self._early.append(event)
            case _:
                pass

    def _print_plan(self, event: PlanCompleted) -> None:
        subtasks = event.plan.subtasks
        for number, subtask in enumerate(subtasks, 1):
            self._numbers[subtask.id], self._types[subtask.id] = number, subtask.type
        say(
            _heading("ORCHESTRATOR ANALYSIS"),
            f"\n{event.plan.analysis}\n",
            _heading(f"IDENTIFIED {len(subtasks)} APPROACHES"),
            *(f"\n{number}. {task.type.upper()}\n   {task.description}" for number, task in enumerate(subtasks, 1)),
            _heading("GENERATING CONTENT"),
            "",
        )
        for early in self._early:
            self._worker(early)

    def _worker(self, event: Event) -> None:
        match event:
            case WorkerStarted() if number := self._numbers.get(event.subtask_id):
                say(f"[{number}/{len(self._numbers)}] Processing: {self._types[event.subtask_id]}...")
            case WorkerFailed() | SubtaskSkipped() if event.result.subtask.id in self._numbers:
                say(f"{_WARNING} nothing came of '{event.result.type}': {event.result.error}")
            case _:
                pass


def print_results(result: RunResult) -> None:
    """Print every result with what is to be said of it, and what is missing."""
    lines = [
        f"{_WARNING} {missing.what} is missing: {missing.failure}"
        for missing in result.shortfall
        if not missing.subtask_ids
    ]
    lines.append(_heading("RESULTS"))
    for number, outcome in enumerate(result.results, 1):
        text = outcome.text if outcome.status == "completed" else f"{_WARNING} {outcome.error}"
        lines.append(f"\n{_THIN}\nApproach {number}: {outcome.type.upper()}\n{_THIN}\n\n{text}\n")
        lines.extend(f"{_WARNING} {finding.message}" for finding in outcome.findings)
    say(*lines)


def _heading(title: str) -> str:
    return f"\n{_WIDE}\n{title}\n{_WIDE}"


def say(*lines: str, stream: TextIO | None = None) -> None:
    """Print lines safely, on stdout where no stream is given."""
    stream = stream or sys.stdout
    # A run that was paid for does not die because a console cannot show a character.
    encoding = getattr(stream, "encoding", None) or "utf-8"
    text = for_terminal("\n".join(lines))
    print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)
