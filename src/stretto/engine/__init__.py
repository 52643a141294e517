"""Runs a plan: orchestrator, workers, synthesis, as one stream of events."""

from stretto.engine.books import Budget
from stretto.engine.gate import Gates
from stretto.engine.job import Job, ReviewHook, RunSettings, Team
from stretto.engine.quote import quote
from stretto.engine.run import EventStream, open_run

__all__ = ["Budget", "EventStream", "Gates", "Job", "ReviewHook", "RunSettings", "Team", "open_run", "quote"]
