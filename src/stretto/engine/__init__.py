"""Runs a plan: orchestrator, workers, synthesis, as one stream of events."""

from stretto.engine.accounting.budget import Budget, BudgetTracker
from stretto.engine.hedging.hedged_call import Hedging
from stretto.engine.job import Job, Reviewed, ReviewHook, RoleModels, RunSettings
from stretto.engine.limits.registry import LimiterRegistry
from stretto.engine.run_quote import quote
from stretto.engine.saved_run import REVIEWED_PLAN, WRITTEN_PLAN, ResultOptions, saved_result
from stretto.engine.stream import EventStream, open_run

__all__ = [
    "REVIEWED_PLAN",
    "WRITTEN_PLAN",
    "Budget",
    "BudgetTracker",
    "EventStream",
    "Hedging",
    "Job",
    "LimiterRegistry",
    "ResultOptions",
    "ReviewHook",
    "Reviewed",
    "RoleModels",
    "RunSettings",
    "open_run",
    "quote",
    "saved_result",
]
