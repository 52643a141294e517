"""The input of one run: task, recipe, models, settings. Frozen."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from stretto.core.checks import Check
from stretto.core.models import Model
from stretto.core.plan import Plan, Subtask, Tier
from stretto.core.result import SynthesisStrategy
from stretto.core.task import Task
from stretto.core.usage import Quote
from stretto.engine.accounting.budget import NO_BUDGET, Budget, BudgetTracker
from stretto.engine.hedging.hedged_call import Hedging
from stretto.recipes import Recipe

Reviewed = Plan | Literal["later"] | None
"""The plan to run; None to run nothing of it; "later" when only the plan was asked for."""

ReviewHook = Callable[[Plan, Quote], Awaitable[Reviewed] | Reviewed]
"""Shown the plan before anything starts, and returns what to run of it. May be `async`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleModels:
    """Which model does what."""

    orchestrator: Model
    worker: Model
    synthesis: Model
    fallbacks: tuple[Model, ...] = ()
    """Asked in this order, for any role, when the role's own model gives no answer."""
    tiers: Mapping[Tier, Model] = field(default_factory=dict[Tier, Model])
    """Models for subtasks that the orchestrator marks; empty when it is not asked to mark any."""

    def for_subtask(self, subtask: Subtask) -> tuple[Model, ...]:
        """Return the models to ask for a subtask, in order."""
        own = self.tiers.get(subtask.tier, self.worker) if subtask.tier else self.worker
        return self.chain(own)

    def chain(self, own: Model) -> tuple[Model, ...]:
        """Return a role's own model and then the fallbacks, each once."""
        return (own, *(model for model in self.fallbacks if model.name != own.name))

    @property
    def labels(self) -> tuple[str, ...]:
        """What must stand beside the output of these models, each once."""
        return tuple(dict.fromkeys(model.label for model in self.members if model.label))

    @property
    def members(self) -> tuple[Model, ...]:
        """Every model that may be called."""
        return (self.orchestrator, self.worker, self.synthesis, *self.fallbacks, *self.tiers.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSettings:
    """The limits and options of one run."""

    subtasks: tuple[int, int]
    """How many subtasks the orchestrator is asked for, lowest and highest."""
    max_subtasks: int
    """How many workers may be started at the most."""
    synthesis: SynthesisStrategy = "none"
    language: str | None = None
    """Language of the answers; None for the brief's."""
    checks: tuple[Check, ...] = ()
    attempts: int = 3
    """Calls for one answer to one model, the first included."""
    timeout: float = 300.0
    """Seconds for one call."""
    gap_timeout: float = 60.0
    """Seconds without a token in a streamed call."""
    backoff: float = 0.5
    """Seconds before the second attempt at the most; doubles with each further one."""
    max_backoff: float = 30.0
    """Seconds between two attempts at the most, unless the provider asks for more."""
    throttled_attempts: int = 8
    """Calls for one answer to one model that is busy or over its rate limit."""
    hedge: bool = False
    """Whether a worker's call that takes much longer than the others gets a second one."""
    budget: Budget = NO_BUDGET
    deadline: float = inf
    """Seconds for the whole run."""
    deadline_name: str = ""
    """Its name in messages where it is the rest of a batch's deadline; empty for the run's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One run, as the engine gets it."""

    run_id: str
    task: Task
    recipe: Recipe
    role_models: RoleModels
    settings: RunSettings
    plan: Plan | None = None
    """A plan made elsewhere; None to ask the orchestrator."""
    review: ReviewHook | None = None
    """Set: nothing starts before the hook has returned."""
    deltas: bool = False
    """Whether somebody watches the answers as they are written."""
    stream_plan: bool = True
    """False where nobody waits, as in a batch: then the plan comes in one piece."""
    budget_tracker: BudgetTracker | None = None
    """The budget of the batch that the run belongs to; None for a run of its own."""
    hedging: Hedging | None = None
    """How long the calls of that batch take; None for a run of its own."""
