"""stretto: one task in, a plan decided at run time, every result back."""

from typing import TYPE_CHECKING

from stretto._version import __version__

if TYPE_CHECKING:
    from stretto.app.orchestrator import Orchestrator as Orchestrator
    from stretto.app.orchestrator import PlanResult as PlanResult
    from stretto.core.checks import Answer as Answer
    from stretto.core.checks import Check as Check
    from stretto.core.checks import Finding as Finding
    from stretto.core.errors import InputError as InputError
    from stretto.core.errors import JournalError as JournalError
    from stretto.core.errors import ModelError as ModelError
    from stretto.core.errors import QueueError as QueueError
    from stretto.core.errors import RecipeError as RecipeError
    from stretto.core.errors import StrettoError as StrettoError
    from stretto.core.errors import UnderWayError as UnderWayError
    from stretto.core.events import AnalysisDelta as AnalysisDelta
    from stretto.core.events import CallEnded as CallEnded
    from stretto.core.events import Event as Event
    from stretto.core.events import PlanCompleted as PlanCompleted
    from stretto.core.events import PlanRetrying as PlanRetrying
    from stretto.core.events import ReviewRequested as ReviewRequested
    from stretto.core.events import RunCompleted as RunCompleted
    from stretto.core.events import RunStarted as RunStarted
    from stretto.core.events import RunWaiting as RunWaiting
    from stretto.core.events import SubtaskSealed as SubtaskSealed
    from stretto.core.events import SubtaskSkipped as SubtaskSkipped
    from stretto.core.events import SubtaskSuperseded as SubtaskSuperseded
    from stretto.core.events import SynthesisCompleted as SynthesisCompleted
    from stretto.core.events import SynthesisDelta as SynthesisDelta
    from stretto.core.events import SynthesisFailed as SynthesisFailed
    from stretto.core.events import SynthesisStarted as SynthesisStarted
    from stretto.core.events import WorkerCompleted as WorkerCompleted
    from stretto.core.events import WorkerDelta as WorkerDelta
    from stretto.core.events import WorkerFailed as WorkerFailed
    from stretto.core.events import WorkerRetrying as WorkerRetrying
    from stretto.core.events import WorkerStarted as WorkerStarted
    from stretto.core.events import to_jsonable as to_jsonable
    from stretto.core.plan import Plan as Plan
    from stretto.core.plan import PlanError as PlanError
    from stretto.core.plan import Subtask as Subtask
    from stretto.core.result import Failure as Failure
    from stretto.core.result import IncompleteError as IncompleteError
    from stretto.core.result import RunResult as RunResult
    from stretto.core.result import Shortfall as Shortfall
    from stretto.core.result import SynthesisResult as SynthesisResult
    from stretto.core.result import WorkerResult as WorkerResult
    from stretto.core.task import Task as Task
    from stretto.core.usage import Cost as Cost
    from stretto.core.usage import Quote as Quote
    from stretto.core.usage import Usage as Usage
    from stretto.journal import MemoryJournal as MemoryJournal
    from stretto.journal import open_journal as open_journal
    from stretto.parsing import parse_plan as parse_plan
    from stretto.recipes import Recipe as Recipe

__all__ = [
    "AnalysisDelta",
    "Answer",
    "CallEnded",
    "Check",
    "Cost",
    "Event",
    "Failure",
    "Finding",
    "IncompleteError",
    "InputError",
    "JournalError",
    "MemoryJournal",
    "ModelError",
    "Orchestrator",
    "Plan",
    "PlanCompleted",
    "PlanError",
    "PlanResult",
    "PlanRetrying",
    "QueueError",
    "Quote",
    "Recipe",
    "RecipeError",
    "ReviewRequested",
    "RunCompleted",
    "RunResult",
    "RunStarted",
    "RunWaiting",
    "Shortfall",
    "StrettoError",
    "Subtask",
    "SubtaskSealed",
    "SubtaskSkipped",
    "SubtaskSuperseded",
    "SynthesisCompleted",
    "SynthesisDelta",
    "SynthesisFailed",
    "SynthesisResult",
    "SynthesisStarted",
    "Task",
    "UnderWayError",
    "Usage",
    "WorkerCompleted",
    "WorkerDelta",
    "WorkerFailed",
    "WorkerResult",
    "WorkerRetrying",
    "WorkerStarted",
    "__version__",
    "open_journal",
    "parse_plan",
    "to_jsonable",
]

_HOMES = {
    "AnalysisDelta": "stretto.core.events",
    "Answer": "stretto.core.checks",
    "CallEnded": "stretto.core.events",
    "Check": "stretto.core.checks",
    "Cost": "stretto.core.usage",
    "Event": "stretto.core.events",
    "Failure": "stretto.core.result",
    "Finding": "stretto.core.checks",
    "IncompleteError": "stretto.core.result",
    "InputError": "stretto.core.errors",
    "JournalError": "stretto.core.errors",
    "MemoryJournal": "stretto.journal",
    "ModelError": "stretto.core.errors",
    "Orchestrator": "stretto.app.orchestrator",
    "Plan": "stretto.core.plan",
    "PlanCompleted": "stretto.core.events",
    "PlanError": "stretto.core.plan",
    "PlanResult": "stretto.app.orchestrator",
    "PlanRetrying": "stretto.core.events",
    "QueueError": "stretto.core.errors",
    "Quote": "stretto.core.usage",
    "Recipe": "stretto.recipes",
    "RecipeError": "stretto.core.errors",
    "ReviewRequested": "stretto.core.events",
    "RunCompleted": "stretto.core.events",
    "RunResult": "stretto.core.result",
    "RunStarted": "stretto.core.events",
    "RunWaiting": "stretto.core.events",
    "Shortfall": "stretto.core.result",
    "StrettoError": "stretto.core.errors",
    "Subtask": "stretto.core.plan",
    "SubtaskSealed": "stretto.core.events",
    "SubtaskSkipped": "stretto.core.events",
    "SubtaskSuperseded": "stretto.core.events",
    "SynthesisCompleted": "stretto.core.events",
    "SynthesisDelta": "stretto.core.events",
    "SynthesisFailed": "stretto.core.events",
    "SynthesisResult": "stretto.core.result",
    "SynthesisStarted": "stretto.core.events",
    "Task": "stretto.core.task",
    "UnderWayError": "stretto.core.errors",
    "Usage": "stretto.core.usage",
    "WorkerCompleted": "stretto.core.events",
    "WorkerDelta": "stretto.core.events",
    "WorkerFailed": "stretto.core.events",
    "WorkerResult": "stretto.core.result",
    "WorkerRetrying": "stretto.core.events",
    "WorkerStarted": "stretto.core.events",
    "open_journal": "stretto.journal",
    "parse_plan": "stretto.parsing",
    "to_jsonable": "stretto.core.events",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the command line starts before it needs any of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # Kept out of start-up, like what it imports.

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
