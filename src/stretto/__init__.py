"""stretto: one task in, a plan decided at run time, every result back."""

from typing import TYPE_CHECKING

from stretto._version import __version__

if TYPE_CHECKING:
    from stretto.app.orchestrator import Orchestrator as Orchestrator
    from stretto.core.errors import PlanError as PlanError
    from stretto.core.plan import Plan as Plan
    from stretto.core.plan import Subtask as Subtask
    from stretto.core.result import RunResult as RunResult
    from stretto.core.result import WorkerResult as WorkerResult
    from stretto.parsing import parse_plan as parse_plan
    from stretto.recipes import Recipe as Recipe

__all__ = [
    "Orchestrator",
    "Plan",
    "PlanError",
    "Recipe",
    "RunResult",
    "Subtask",
    "WorkerResult",
    "__version__",
    "parse_plan",
]

_HOMES = {
    "Orchestrator": "stretto.app.orchestrator",
    "Plan": "stretto.core.plan",
    "PlanError": "stretto.core.errors",
    "Recipe": "stretto.recipes",
    "RunResult": "stretto.core.result",
    "Subtask": "stretto.core.plan",
    "WorkerResult": "stretto.core.result",
    "parse_plan": "stretto.parsing",
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
