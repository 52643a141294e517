"""Runs as lists of events, for what only looks at events."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from stretto.core.events import (
    AnalysisDelta,
    CallEnded,
    Event,
    PlanCompleted,
    RunCompleted,
    RunStarted,
    SubtaskSealed,
    WorkerCompleted,
    WorkerDelta,
    WorkerFailed,
    WorkerStarted,
)
from stretto.core.plan import Plan, Subtask
from stretto.core.result import Failure, RunResult, Shortfall, WorkerResult
from stretto.core.usage import Cost, Usage
from stretto.faces.shared.run_state import RunState

USAGE = Usage(input_tokens=800, output_tokens=243, calls=1)
BROKEN = Failure(kind="server", message="The provider had an error (500).", hint="Try again later.")


def subtask(number: int, type: str = "", description: str = "") -> Subtask:
    """Return a subtask with its id."""
    return Subtask(type=type or f"Angle {number}", description=description or f"Write {number}.", id=f"s{number}")


def done(task: Subtask, text: str = "Some copy.") -> WorkerResult:
    """Return the result of a subtask that went well."""
    cost = Cost(usd=Decimal("0.0041"))
    return WorkerResult(
        subtask=task, status="completed", text=text, model="m", attempts=1, seconds=1.5, usage=USAGE, cost=cost
    )


def failed(task: Subtask, failure: Failure = BROKEN) -> WorkerResult:
    """Return the result of a subtask that went wrong."""
    return WorkerResult(subtask=task, status="failed", error=failure, attempts=3, seconds=0.5, usage=Usage(calls=3))


def result_of(results: Sequence[WorkerResult], *, analysis: str = "A reading.", **fields: object) -> RunResult:
    """Return a run's result that fits its workers' results."""
    gaps = tuple(
        Shortfall(what=item.type, failure=item.error, subtask_ids=(item.subtask.id,)) for item in results if item.error
    )
    complete = any(item.status == "completed" for item in results)
    values: dict[str, object] = {
        "run_id": "run-1",
        "status": "failed" if not complete else "partial" if gaps else "complete",
        "analysis": analysis,
        "results": tuple(results),
        "shortfall": gaps,
        "usage": Usage(input_tokens=3_000, output_tokens=943, calls=len(results) + 1),
        "cost": Cost(usd=Decimal("0.0163")),
        "seconds": 5.0,
    }
    return RunResult(**(values | fields))  # type: ignore[arg-type]


def run_of(
    results: Sequence[WorkerResult], *, analysis: str = "A reading.", labels: tuple[str, ...] = ()
) -> list[Event]:
    """Return a run in which each worker starts as its subtask is sealed, before the plan ends at second 2."""
    tasks = [result.subtask for result in results]
    events: list[Event] = [
        RunStarted(
            run_id="run-1",
            task="Sell it",
            context={},
            recipe="product-copy",
            model="m",
            worker_model="w",
            synthesis_model="",
            labels=labels,
        ),
        AnalysisDelta(text=analysis, at=0.5),
    ]
    for number, task in enumerate(tasks, 1):
        at = number / (len(tasks) + 1) + 0.5
        events += [SubtaskSealed(subtask=task, at=at), WorkerStarted(subtask_id=task.id, model="w", at=at)]
    events.append(PlanCompleted(plan=Plan(subtasks=tuple(tasks), analysis=analysis), at=2.0))
    for number, result in enumerate(results, 1):
        at = 2.0 + number / len(results)
        if result.status == "completed":
            events.append(WorkerDelta(subtask_id=result.subtask.id, attempt=1, text=result.text, at=2.0))
        events.append(_call_of(result, at))
        events.append(
            WorkerCompleted(result=result, at=at)
            if result.status == "completed"
            else WorkerFailed(result=result, at=at)
        )
    events.append(RunCompleted(result=result_of(results, analysis=analysis), at=3.5))
    return number_them(events)


def _call_of(result: WorkerResult, at: float) -> CallEnded:
    return CallEnded(
        role="worker",
        subtask_id=result.subtask.id,
        attempt=result.attempts,
        model="w",
        streamed=True,
        seconds=result.seconds,
        usage=result.usage,
        cost=result.cost,
        reported=True,
        error=result.error,
        at=at,
    )


def number_them(events: Iterable[Event]) -> list[Event]:
    """Return events under their numbers in the run."""
    return [replace(event, seq=seq) for seq, event in enumerate(events, 1)]


def state_after(events: Iterable[Event]) -> RunState:
    """Return what is known after these events."""
    run_state = RunState()
    for event in events:
        run_state.see(event)
    return run_state
