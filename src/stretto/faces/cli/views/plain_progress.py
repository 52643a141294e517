"""Prints a run's progress line by line: for pipes, files and dumb terminals."""

import sys
from typing import TextIO, assert_never

from stretto.core.events import (
    AnalysisDelta,
    CallEnded,
    Event,
    PlanCompleted,
    PlanRetrying,
    ReviewRequested,
    RunCompleted,
    RunStarted,
    RunWaiting,
    SubtaskSealed,
    SubtaskSkipped,
    SubtaskSuperseded,
    SynthesisCompleted,
    SynthesisDelta,
    SynthesisFailed,
    SynthesisStarted,
    WorkerCompleted,
    WorkerDelta,
    WorkerFailed,
    WorkerRetrying,
    WorkerStarted,
)
from stretto.core.result import Failure, WorkerResult
from stretto.faces.shared.formatting import count, flat, money, seconds, tokens
from stretto.faces.shared.run_state import RunState
from stretto.faces.shared.run_wording import kind_words


class PlainProgress:
    """Says on stderr what happens, one line each."""

    moving = False

    def __init__(self, run_state: RunState, stream: TextIO | None = None) -> None:
        self._run_state = run_state
        self._stream = stream or sys.stderr
        self._waiting = ""

    def see(self, event: Event) -> None:
        """Print what an event means to somebody who waits."""
        if line := self._line(event):
            print(f"[{seconds(event.at):>6}] {line}", file=self._stream, flush=True)

    def tick(self) -> None:
        """Nothing moves between two lines."""

    def pause(self) -> None:
        """Nothing has to be taken away."""

    def resume(self) -> None:
        """Nothing has to be put back."""

    def close(self) -> None:
        """Nothing has to be put in order."""

    def _line(self, event: Event) -> str:
        match event:
            case RunStarted():
                if event.resumed:
                    return "resumed"
                return "" if self._run_state.given else "planning"
            case PlanRetrying():
                return f"plan      asked for again: {kind_words(event.reason.kind)}"
            case PlanCompleted():
                return f"plan      ready: {count(len(event.plan.subtasks), 'subtask')}"
            case RunWaiting():
                before, self._waiting = self._waiting, event.message
                if event.message == before:
                    return ""
                # Why the account cannot be used is what is missing in the end.
                busy = event.cause == "gate"
                return f"waiting   {flat(event.message)}" if busy else f"stopped   no further calls to {event.model}"
            case WorkerStarted():
                return f"started   {self._name(event.subtask_id)}"
            case WorkerRetrying():
                return f"again     {self._name(event.subtask_id)}: {kind_words(event.reason.kind)}"
            case WorkerCompleted():
                return f"done      {self._name(event.result.subtask.id)} ({_numbers(event.result)})"
            case WorkerFailed():
                return f"failed    {self._why(event.result)}"
            case SubtaskSuperseded():
                return f"dropped   {self._why(event.result)}"
            case SubtaskSkipped():
                return f"skipped   {self._why(event.result)}"
            case SynthesisStarted():
                return "synthesis started"
            case SynthesisCompleted():
                return f"synthesis done ({seconds(event.result.seconds)})"
            case SynthesisFailed():
                return f"synthesis failed{_kind(event.result.error)}"
            case AnalysisDelta() | WorkerDelta() | SynthesisDelta() | SubtaskSealed() | ReviewRequested():
                return ""
            case CallEnded() | RunCompleted():
                return ""
            case _:
                assert_never(event)

    def _name(self, subtask_id: str) -> str:
        row = self._run_state.rows.get(subtask_id)
        return f"{row.number} {flat(row.subtask.type)}" if row else flat(subtask_id)

    def _why(self, result: WorkerResult) -> str:
        return f"{self._name(result.subtask.id)}{_kind(result.error)}"


def _kind(failure: Failure | None) -> str:
    """Return the kind of a failure; its sentence stands once, in what is missing."""
    return f": {kind_words(failure.kind)}" if failure else ""


def _numbers(result: WorkerResult) -> str:
    return f"{seconds(result.seconds)}, {tokens(result.usage.total_tokens)} tokens, {money(result.cost)}"
