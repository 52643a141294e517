"""Follows a run through its events and tells OpenTelemetry about it as spans."""

import json
import time
from typing import assert_never

from opentelemetry.context import Context
from opentelemetry.trace import Tracer, set_span_in_context

from stretto._version import __version__
from stretto.app.observers.span_attributes import Attributes, message, of_cost, of_model, of_usage
from stretto.app.observers.spans import INTERRUPTED, Spans, Step
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
from stretto.core.plan import Subtask
from stretto.core.result import Failure, RunResult, SynthesisResult, WorkerResult

SCOPE = ("stretto", __version__)
"""Name and version of the instrumentation, as OpenTelemetry shows them."""

_LONGEST_TYPE = 80


class Tracing:
    """The spans of one run: the run, its plan, each worker, the synthesis, and each call under its step."""

    def __init__(self, tracer: Tracer, within: Context, *, content: bool) -> None:
        """Take where spans go, the caller's span to hang the run under, and whether spans have texts."""
        self._tracer = tracer
        self._within = within
        self._content = content
        self._run: _RunTrace | None = None

    def observe(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, RunStarted):
            spans = Spans(
                tracer=self._tracer,
                epoch=time.time_ns() - int(event.at * 1e9),
                common={"stretto.run_id": event.run_id},
                content=self._content,
            )
            self._run = _RunTrace(spans, self._within, event)
        elif self._run is not None:
            self._run.observe(event)

    def close(self) -> None:
        """End every span that is open, as interrupted; the run's own events have ended them when it is over."""
        if self._run is not None:
            self._run.close()


class _RunTrace:
    """The spans of a run that has begun."""

    def __init__(self, spans: Spans, within: Context, event: RunStarted) -> None:
        self._spans = spans
        asked = {
            "gen_ai.input.messages": message("user", event.task),
            "stretto.context": json.dumps(dict(event.context), ensure_ascii=False),
        }
        self._root = spans.start(
            f"invoke_workflow {event.recipe}",
            event.at,
            {
                "gen_ai.operation.name": "invoke_workflow",
                "gen_ai.agent.name": event.recipe,
                "stretto.resumed": event.resumed,
                **(asked if spans.content else {}),
            },
            within=within,
        )
        self._last = event.at
        self._over = False
        self._plan = self._step("plan", event.recipe, event.at, event.model, {})
        # The plan's span ends when the run does: what was wrong with a short plan is known then.
        self._planned: PlanCompleted | None = None
        self._subtasks: dict[str, Subtask] = {}
        self._workers: dict[str, Step] = {}
        self._synthesis: Step | None = None

    def observe(self, event: Event) -> None:
        """Take note of an event after the first."""
        self._last = event.at
        match event:
            case CallEnded():
                self._step_of(event).call(event)
            case SubtaskSealed():
                self._subtasks[event.subtask.id] = event.subtask
            case PlanCompleted():
                self._planned = event
            case WorkerStarted():
                self._start_worker(event)
            case WorkerCompleted() | WorkerFailed() | SubtaskSuperseded() | SubtaskSkipped():
                self._end_worker(event.result, event.kind, event.at)
            case SynthesisStarted():
                self._start_synthesis(event)
            case SynthesisCompleted() | SynthesisFailed():
                self._end_synthesis(event.result, event.kind, event.at)
            case RunWaiting():
                attributes = {"cause": event.cause, "model": event.model, "seconds": event.seconds}
                self._spans.add_event(self._root, event.kind, event.at, attributes)
            case ReviewRequested():
                self._spans.add_event(self._root, event.kind, event.at, {})
            case RunCompleted():
                self._end_run(event)
            case AnalysisDelta() | WorkerDelta() | SynthesisDelta():
                pass
            case PlanRetrying() | WorkerRetrying() | RunStarted():
                pass  # What was wrong with a call stands on the call.
            case _:
                assert_never(event)

    def close(self) -> None:
        """End what is open."""
        if self._over:
            return
        # The wall clock may have been set back since.
        at = max(self._last, self._spans.now())
        self._interrupt_steps(at)
        if self._planned is None:
            self._plan.end(at, {}, INTERRUPTED)
        else:
            self._end_plan(at, None)
        self._spans.end(self._root, at, {"stretto.status": "interrupted"}, INTERRUPTED)

    def _step(self, operation: str, agent: str, at: float, model: str, more: Attributes) -> Step:
        attributes = {"gen_ai.operation.name": operation, "gen_ai.agent.name": agent, **of_model(model), **more}
        span = self._spans.start(f"{operation} {agent}", at, attributes, within=set_span_in_context(self._root))
        return Step(self._spans, span)

    def _step_of(self, event: CallEnded) -> Step:
        if event.role == "orchestrator":
            return self._plan
        step = self._workers[event.subtask_id] if event.role == "worker" else self._synthesis
        assert step is not None  # It begins with its first call.
        return step

    def _start_worker(self, event: WorkerStarted) -> None:
        subtask = self._subtasks[event.subtask_id]
        attributes = {"stretto.subtask.id": subtask.id, "stretto.subtask.type": subtask.type[:_LONGEST_TYPE]}
        if self._spans.content:
            attributes["gen_ai.input.messages"] = message("user", subtask.description)
        self._workers[subtask.id] = self._step("invoke_agent", "worker", event.at, event.model, attributes)

    def _end_worker(self, result: WorkerResult, kind: str, at: float) -> None:
        step = self._workers.pop(result.subtask.id, None)
        if step is None:  # Never started, kept from before a resume, or superseded when it was done.
            attributes = {"subtask.id": result.subtask.id, "error.type": result.error.kind if result.error else None}
            self._spans.add_event(self._root, kind, at, attributes)
            return
        superseded = result.status == "superseded"  # By design, so no error of the worker.
        attributes = {"stretto.subtask.status": result.status, **self._texts(result.text)}
        step.end(at, attributes, None if superseded else result.error)

    def _start_synthesis(self, event: SynthesisStarted) -> None:
        if self._synthesis is None:
            attributes = {"stretto.strategy": event.strategy}
            self._synthesis = self._step("invoke_agent", "synthesis", event.at, event.model, attributes)

    def _end_synthesis(self, result: SynthesisResult, kind: str, at: float) -> None:
        step, self._synthesis = self._synthesis, None
        if step is None:
            self._spans.add_event(self._root, kind, at, {"error.type": result.error.kind if result.error else None})
            return
        step.end(at, self._texts(result.text), result.error)

    def _end_run(self, event: RunCompleted) -> None:
        result = event.result
        self._over = True
        self._interrupt_steps(event.at)
        self._end_plan(event.at, _plan_failure(result))
        ended = {
            "stretto.status": result.status,
            "stretto.subtasks": len(result.results),
            "stretto.shortfall": tuple(dict.fromkeys(entry.failure.kind for entry in result.shortfall)),
            **of_usage(result.usage),
            **of_cost(result.cost),
        }
        failure = result.shortfall[0].failure if result.status == "failed" and result.shortfall else None
        self._spans.end(self._root, event.at, ended, failure)

    def _end_plan(self, at: float, error: Failure | None) -> None:
        attributes: dict[str, str | int] = {}
        if planned := self._planned:
            at = planned.at
            attributes["stretto.plan.subtasks"] = len(planned.plan.subtasks)
            attributes.update(self._texts(json.dumps(planned.plan.to_dict(), ensure_ascii=False)))
        self._plan.end(at, attributes, error)

    def _interrupt_steps(self, at: float) -> None:
        for step in (*self._workers.values(), *([self._synthesis] if self._synthesis else [])):
            step.end(at, {}, INTERRUPTED)

    def _texts(self, text: str) -> dict[str, str]:
        return {"gen_ai.output.messages": message("assistant", text)} if self._spans.content and text else {}


def _plan_failure(result: RunResult) -> Failure | None:
    """Return why the plan is missing or short."""
    of_synthesis = result.synthesis.error if result.synthesis else None
    for entry in result.shortfall:
        wanted = entry.failure.kind in ("declined", "planned")
        if not entry.subtask_ids and entry.failure != of_synthesis and not wanted:
            return entry.failure
    return None
