"""Replays the saved events of a run that was stopped and resumed as one run."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from stretto.core.events import Event, PlanCompleted, RunStarted, WorkerCompleted


def as_one_run(events: Sequence[Event]) -> Iterator[Event]:
    """Yield a run's events as if it had never been stopped: time goes on, and no result comes twice."""
    began = latest = 0.0
    seen: set[object] = set()
    for event in events:
        if isinstance(event, RunStarted):
            began = latest
        latest = began + event.at
        result = event.result if isinstance(event, WorkerCompleted) else None
        content = event.plan if isinstance(event, PlanCompleted) else result
        if content is None or content not in seen:
            seen.add(content)
            yield replace(event, at=latest)
