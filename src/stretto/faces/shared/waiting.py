"""What holds a run up, for as long as it does: one line at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Literal

from stretto.core.events import (
    AnalysisDelta,
    Event,
    PlanCompleted,
    PlanRetrying,
    RunWaiting,
    SubtaskSealed,
    SynthesisCompleted,
    WorkerCompleted,
)

SHOWN_AT_LEAST = 4.0
"""Seconds for which a busy model is shown at least: refusals come in bursts, and a line must not flicker."""

Cause = Literal["plan", "gate", "breaker"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Notice:
    text: str
    model: str = ""
    until: float = inf
    """Seconds of the run."""


class WaitingNotices:
    """What holds a run up, by cause."""

    def __init__(self) -> None:
        # The latest comes last.
        self._open: dict[Cause, _Notice] = {}

    def see(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case RunWaiting(cause="gate"):
                until = event.at + max(SHOWN_AT_LEAST, event.seconds or 0.0)
                self._say("gate", _Notice(text=event.message, until=until))
            case RunWaiting():
                self._say("breaker", _Notice(text=event.message, model=event.model))
            case PlanRetrying():
                self._say("plan", _Notice(text=f"The plan is asked for again: {event.reason.message}"))
            case AnalysisDelta() | SubtaskSealed() | PlanCompleted():
                self._open.pop("plan", None)
            case WorkerCompleted() | SynthesisCompleted():
                # An answer from the account closes its breaker.
                if (breaker := self._open.get("breaker")) and breaker.model == event.result.model:
                    del self._open["breaker"]
            case _:
                pass

    def at(self, second: float) -> str:
        """Return the latest of what still holds; empty when all is well."""
        return next(self._holding(second), "")

    def _holding(self, second: float) -> Iterator[str]:
        return (notice.text for notice in reversed(self._open.values()) if second < notice.until)

    def _say(self, cause: Cause, notice: _Notice) -> None:
        self._open.pop(cause, None)
        self._open[cause] = notice
