"""A run as plain text: progress line by line, results under headings. For pipes, files and dumb terminals."""

import sys
from collections.abc import Iterator, Sequence
from typing import TextIO, assert_never

from stretto.core.causes import cause_of
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
from stretto.core.result import RunResult, WorkerResult
from stretto.core.text import for_terminal
from stretto.faces.shared.run_state import RunState
from stretto.faces.shared.wording import count, flat, money, seconds, tokens


class PlainProgress:
    """Says on stderr what happens, one line each."""

    moving = False

    def __init__(self, run_state: RunState, stream: TextIO | None = None) -> None:
        self._run_state = run_state
        self._stream = stream or sys.stderr
        self._waiting = ""
        # Who was the first to fail for a reason: one wrong key fails a hundred workers.
        self._first: dict[str, str] = {}

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
                return f"plan      asked for again: {flat(str(event.reason))}"
            case PlanCompleted():
                return f"plan      ready: {count(len(event.plan.subtasks), 'subtask')}"
            case RunWaiting():
                before, self._waiting = self._waiting, event.message
                what = "waiting  " if event.cause == "gate" else "stopped  "
                return f"{what} {flat(event.message)}" if event.message != before else ""
            case WorkerStarted():
                return f"started   {self._name(event.subtask_id)}"
            case WorkerRetrying():
                return f"again     {self._name(event.subtask_id)}: {flat(event.reason.message)}"
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
                return f"synthesis failed: {flat(str(event.result.error or ''))}"
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
        name = self._name(result.subtask.id)
        if result.error is None:
            return name
        reason = flat(str(result.error))
        first = self._first.setdefault(cause_of(reason), name)
        return f"{name}: {reason}" if first == name else f"{name}: the same as {first}"


def _numbers(result: WorkerResult) -> str:
    return f"{seconds(result.seconds)}, {tokens(result.usage.total_tokens)} tokens, {money(result.cost)}"


def results_text(result: RunResult, labels: Sequence[str] = ()) -> str:
    """Return everything that a run made, as Markdown-like text without control characters."""
    return for_terminal("\n\n".join(_blocks(result, labels))) + "\n"


def _blocks(result: RunResult, labels: Sequence[str]) -> Iterator[str]:
    yield from (f"> {flat(label)}" for label in labels)
    if result.analysis.strip():
        yield "# Analysis"
        yield result.analysis.strip()
    for number, outcome in enumerate(result.results, 1):
        yield f"# {number}. {flat(outcome.type)}"
        yield f"> {flat(outcome.description)}"
        yield (
            outcome.text.strip() if outcome.status == "completed" else f"({outcome.status}: {flat(str(outcome.error))})"
        )
    if result.synthesis and result.synthesis.status == "completed":
        yield f"# Synthesis ({result.synthesis.strategy})"
        yield result.synthesis.text.strip()
