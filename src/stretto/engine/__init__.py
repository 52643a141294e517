"""Runs a plan: orchestrator, workers, synthesis, as one stream of events."""

from stretto.engine.accounting.budget import Budget, BudgetTracker
from stretto.engine.accounting.quote import quote
from stretto.engine.calls.hedged_call import Hedging
from stretto.engine.job import Job, ReviewHook, RoleModels, RunSettings
from stretto.engine.limits.registry import LimiterRegistry
from stretto.engine.saved_run import AS_REVIEWED, AS_WRITTEN, Wanted, result_of
from stretto.engine.stream import EventStream, open_run

__all__ = [
    "AS_REVIEWED",
    "AS_WRITTEN",
    "Budget",
    "BudgetTracker",
    "EventStream",
    "Hedging",
    "Job",
    "LimiterRegistry",
    "ReviewHook",
    "RoleModels",
    "RunSettings",
    "Wanted",
    "open_run",
    "quote",
    "result_of",
]
