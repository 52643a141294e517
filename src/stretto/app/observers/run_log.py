"""Writes what is noteworthy in a run to the logger "stretto", with fields and never with texts."""

import logging
from collections.abc import Mapping
from typing import assert_never

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
from stretto.core.result import RunResult, RunStatus, SynthesisResult, WorkerResult

logger = logging.getLogger("stretto")
# Silent until somebody asks: without it, Python prints a library's warnings by itself.
logger.addHandler(logging.NullHandler())

Fields = dict[str, str | int | float | bool | None]

_OF_A_RUN: Mapping[RunStatus, int] = {
    "complete": logging.INFO,
    "partial": logging.WARNING,
    "failed": logging.ERROR,
}


class RunLog:
    """The log of one run. Says kinds, names and numbers; what models and people wrote is in none of them."""

    def __init__(self) -> None:
        self._run_id = ""
        self._over = False

    def observe(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, RunStarted):
            self._run_id = event.run_id
        self._over = isinstance(event, RunCompleted)
        if entry := _entry(event):
            level, fields = entry
            self._write(level, event.kind, {"at": event.at, **fields})

    def close(self) -> None:
        """Say so when the run was left before its end."""
        if self._run_id and not self._over:
            self._write(logging.WARNING, "run_interrupted", {})

    def _write(self, level: int, event: str, fields: Fields) -> None:
        if not logger.isEnabledFor(level):
            return
        known: Fields = {key: value for key, value in fields.items() if value is not None}
        text = " ".join(f"{key}={value}" for key, value in known.items())
        known = {"event": event, "run_id": self._run_id, **known}
        logger.log(level, "%s %s", event.replace("_", " "), text, extra=known)


def _entry(event: Event) -> tuple[int, Fields] | None:
    match event:
        case RunStarted():
            models: Fields = {"model": event.model, "worker_model": event.worker_model}
            return logging.INFO, {"recipe": event.recipe, **models, "resumed": event.resumed}
        case SubtaskSealed():
            return logging.DEBUG, {"subtask_id": event.subtask.id}
        case PlanRetrying():
            next_call: Fields = {"attempt": event.attempt, "model": event.model, "seconds": round(event.seconds, 3)}
            return logging.WARNING, {"how": event.how, "error": event.reason.kind, **next_call}
        case PlanCompleted():
            return logging.INFO, {"subtasks": len(event.plan.subtasks)}
        case ReviewRequested():
            return logging.INFO, {"subtasks": len(event.plan.subtasks)}
        case RunWaiting():
            return logging.WARNING, {"cause": event.cause, "model": event.model, "seconds": event.seconds}
        case CallEnded():
            return logging.DEBUG, _call(event)
        case WorkerStarted():
            return logging.DEBUG, {"subtask_id": event.subtask_id, "model": event.model}
        case WorkerRetrying():
            again: Fields = {"attempt": event.attempt, "model": event.model, "seconds": round(event.seconds, 3)}
            return logging.WARNING, {"subtask_id": event.subtask_id, "error": event.reason.kind, **again}
        case WorkerCompleted() | SubtaskSuperseded():
            return logging.INFO, {"subtask_id": event.result.subtask.id, **_outcome(event.result)}
        case WorkerFailed() | SubtaskSkipped():
            return logging.WARNING, {"subtask_id": event.result.subtask.id, **_outcome(event.result)}
        case SynthesisStarted():
            return logging.DEBUG, {"strategy": event.strategy, "attempt": event.attempt, "model": event.model}
        case SynthesisCompleted():
            return logging.INFO, _outcome(event.result)
        case SynthesisFailed():
            return logging.WARNING, _outcome(event.result)
        case RunCompleted():
            result = event.result
            missing = ",".join(dict.fromkeys(entry.failure.kind for entry in result.shortfall))
            fields: Fields = {"status": result.status, "subtasks": len(result.results), "error": missing or None}
            return _OF_A_RUN[result.status], {**fields, "calls": result.usage.calls, **_used(result)}
        case AnalysisDelta() | WorkerDelta() | SynthesisDelta():
            return None
        case _:
            return assert_never(event)


def _call(event: CallEnded) -> Fields:
    which: Fields = {"role": event.role, "subtask_id": event.subtask_id or None, "attempt": event.attempt}
    known = event.usage if event.reported else None
    return {
        **which,
        "model": event.model,
        "error": event.error.kind if event.error else None,
        "seconds": event.seconds,
        "input_tokens": known.input_tokens if known else None,
        "output_tokens": known.output_tokens if known else None,
        "cost_usd": float(event.cost.usd) if event.cost.complete else None,
    }


def _outcome(result: WorkerResult | SynthesisResult) -> Fields:
    fields: Fields = {"error": result.error.kind if result.error else None, "attempts": result.attempts}
    return {**fields, "model": result.model or None, **_used(result)}


def _used(result: WorkerResult | SynthesisResult | RunResult) -> Fields:
    return {
        "seconds": result.seconds,
        "input_tokens": result.usage.input_tokens,
        "output_tokens": result.usage.output_tokens,
        "cost_usd": float(result.cost.usd) if result.cost.complete else None,
    }
