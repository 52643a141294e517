"""Runs a plan: orchestrator, workers, synthesis, as one stream of events."""

from stretto.engine.books import Books, Budget
from stretto.engine.job import Job, ReviewHook, RunSettings, Team
from stretto.engine.limits.registry import LimiterRegistry
from stretto.engine.quote import quote
from stretto.engine.saved import AS_REVIEWED, AS_WRITTEN, Wanted, result_of
from stretto.engine.stream import EventStream, open_run

__all__ = [
    "AS_REVIEWED",
    "AS_WRITTEN",
    "Books",
    "Budget",
    "EventStream",
    "Job",
    "LimiterRegistry",
    "ReviewHook",
    "RunSettings",
    "Team",
    "Wanted",
    "open_run",
    "quote",
    "result_of",
]
