"""The Orchestrator: what developers hold in their hands. Puts models, recipe and limits together and runs tasks."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from math import inf
from pathlib import Path
from secrets import token_hex
from typing import TypeVar, get_args

import anyio
from anyio.from_thread import start_blocking_portal

from stretto.app.folders import recipes_folder
from stretto.app.observers import observing
from stretto.app.team import ModelSpec, assemble
from stretto.checks import open_checks
from stretto.core.checks import Check
from stretto.core.errors import InputError
from stretto.core.events import RunCompleted
from stretto.core.journal import Journal
from stretto.core.models import Role
from stretto.core.plan import HARD_CEILING, Plan, Tier
from stretto.core.result import RunResult, SynthesisStrategy
from stretto.core.task import EMPTY, Task
from stretto.core.usage import Cost, Quote, Usage
from stretto.engine import Budget, EventStream, Gates, Job, ReviewHook, RunSettings, Team, open_run, quote
from stretto.journal import MemoryJournal
from stretto.recipes import Recipe, load_recipe

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanResult:
    """A plan that was made and not run."""

    plan: Plan
    warnings: tuple[str, ...]
    usage: Usage
    """What making it took."""
    cost: Cost
    quote: Quote
    """What running it is going to take."""


class Orchestrator:
    """Decides at run time which subtasks a task is worth, has workers carry them out, and returns every result.

    Models are pydantic-ai model strings, pydantic-ai models, a pydantic-ai `Agent`, or "demo"; without any, a strong
    orchestrator and a cheaper worker are chosen from the keys in the environment. Raises `InputError` or `ModelError`
    when something given here cannot be used.
    """

    def __init__(
        self,
        *,
        model: ModelSpec | None = None,
        worker_model: ModelSpec | None = None,
        synthesis_model: ModelSpec | None = None,
        fallback_models: Sequence[ModelSpec] = (),
        tiers: Mapping[Tier, ModelSpec] | None = None,
        recipe: str | Path | Recipe = "product-copy",
        subtasks: int | tuple[int, int] | None = None,
        max_subtasks: int | None = None,
        synthesis: SynthesisStrategy = "none",
        language: str | None = None,
        checks: Sequence[str | Check] | None = None,
        attempts: int = 3,
        concurrency: int = 10,
        timeout: float = 300.0,
        backoff: float = 0.5,
        budget_usd: Decimal | float | None = None,
        max_tokens_total: int | None = None,
        deadline: float | None = None,
        base_url: str | None = None,
        keys: Mapping[str, str] | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe, user_folder=recipes_folder())
        self._settings = RunSettings(
            subtasks=_range(subtasks, self.recipe),
            max_subtasks=_limit(max_subtasks, self.recipe),
            synthesis=_strategy(synthesis),
            language=language or self.recipe.language,
            checks=open_checks(self.recipe.checks if checks is None else checks),
            attempts=_at_least_one("attempts", attempts),
            timeout=_seconds("timeout", timeout),
            backoff=backoff,
            budget=_budget(budget_usd, max_tokens_total),
            deadline=inf if deadline is None else _seconds("deadline", deadline),
        )
        self._team, self.why = assemble(
            model=model,
            worker_model=worker_model,
            synthesis_model=synthesis_model,
            fallback_models=fallback_models,
            tiers=tiers or {},
            base_url=base_url,
            keys=keys,
        )
        _refuse_unknown_prices(self._team, self._settings)
        self._gates = Gates(_at_least_one("concurrency", concurrency))
        self._journal = journal or MemoryJournal()

    @property
    def models(self) -> Mapping[Role, str]:
        """Which model does what, by the names that users know them by."""
        team = self._team
        return {
            "orchestrator": team.orchestrator.name,
            "worker": team.worker.name,
            "synthesis": team.synthesis.name,
        }

    async def run(
        self,
        task: str,
        *,
        context: Mapping[str, object] = EMPTY,
        plan: Plan | None = None,
        review: ReviewHook | None = None,
    ) -> RunResult:
        """Run a task to its end. What models do wrong is in the result, not raised; see `RunResult.status`."""
        async with self.stream(task, context=context, plan=plan, review=review) as events:
            async for event in events:
                if isinstance(event, RunCompleted):
                    return event.result
        raise AssertionError("a run ends with run_completed")

    def run_sync(
        self,
        task: str,
        *,
        context: Mapping[str, object] = EMPTY,
        plan: Plan | None = None,
        review: ReviewHook | None = None,
    ) -> RunResult:
        """Run a task from synchronous code; works where an event loop is running too, as in a notebook."""
        return run_blocking(lambda: self.run(task, context=context, plan=plan, review=review))

    @asynccontextmanager
    async def stream(
        self,
        task: str,
        *,
        context: Mapping[str, object] = EMPTY,
        deltas: bool = False,
        plan: Plan | None = None,
        review: ReviewHook | None = None,
    ) -> AsyncGenerator[EventStream]:
        """Run a task and hand out its events as they happen; leaving the block cancels what is under way.

        `deltas` says that somebody watches the answers as they are written; without it workers are not streamed.
        """
        job = self._job(task, context, plan=plan, review=review, deltas=deltas)
        await self._journal.open_run(job.run_id, self._spec(job))
        with observing() as observers:
            async with open_run(job, self._journal, self._gates, observers=observers) as events:
                yield events

    async def plan(self, task: str, *, context: Mapping[str, object] = EMPTY) -> PlanResult:
        """Have a plan made and run nothing of it; raises `PlanError` or `ModelError` when there is none."""
        shown: list[tuple[Plan, Quote]] = []

        async def look(plan: Plan, estimate: Quote) -> None:
            shown.append((plan, estimate))

        result = await self.run(task, context=context, review=look)
        if not shown:
            raise result.shortfall[0].failure.to_error()
        plan, estimate = shown[0]
        return PlanResult(plan=plan, warnings=result.warnings, usage=result.usage, cost=result.cost, quote=estimate)

    def quote(self, task: str, *, context: Mapping[str, object] = EMPTY, plan: Plan | None = None) -> Quote:
        """Return what a run, or only the workers of a plan, is going to take; no call is made."""
        return quote(self._job(task, context), plan)

    def _job(
        self,
        task: str,
        context: Mapping[str, object],
        *,
        plan: Plan | None = None,
        review: ReviewHook | None = None,
        deltas: bool = False,
    ) -> Job:
        settings = self._settings
        if plan is not None:  # A plan that was chosen is run whole.
            count = len(plan.subtasks)
            settings = replace(settings, subtasks=(count, count), max_subtasks=max(settings.max_subtasks, count))
        return Job(
            run_id=new_run_id(),
            task=Task.of(task, context),
            recipe=self.recipe,
            team=self._team,
            settings=settings,
            plan=plan,
            review=review,
            deltas=deltas,
        )

    def _spec(self, job: Job) -> dict[str, object]:
        return {
            "task": job.task.text,
            "context": dict(job.task.context),
            "recipe": self.recipe.name,
            "models": dict(self.models),
            "subtasks": list(job.settings.subtasks),
            "max_subtasks": job.settings.max_subtasks,
            "synthesis": job.settings.synthesis,
            "language": job.settings.language,
        }


def new_run_id() -> str:
    """Return an id that sorts by time and can be read aloud, such as "20260131-184502-3fa9c1"."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(3)}"


def run_blocking(start: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine to its end from synchronous code, in a thread of its own where a loop is running already."""

    async def main() -> T:
        return await start()

    if not _in_event_loop():
        return anyio.run(main)
    # A portal cancels the run when the waiting thread is interrupted; a bare thread would go on spending.
    with start_blocking_portal() as portal:
        return portal.call(main)


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _range(subtasks: int | tuple[int, int] | None, recipe: Recipe) -> tuple[int, int]:
    if subtasks is None:
        return recipe.subtasks
    low, high = (subtasks, subtasks) if isinstance(subtasks, int) else subtasks
    if not 1 <= low <= high <= HARD_CEILING:
        raise InputError(f"subtasks must be a range from 1 to {HARD_CEILING}, lowest first, got {low}-{high}.")
    return low, high


def _limit(max_subtasks: int | None, recipe: Recipe) -> int:
    limit = recipe.max_subtasks if max_subtasks is None else max_subtasks
    if not 1 <= limit <= HARD_CEILING:
        raise InputError(f"max_subtasks must be from 1 to {HARD_CEILING}, got {limit}.")
    return limit


def _at_least_one(name: str, value: int) -> int:
    if value < 1:
        raise InputError(f"{name} must be 1 or more, got {value}.")
    return value


def _seconds(name: str, value: float) -> float:
    if value <= 0:
        raise InputError(f"{name} must be more than 0 seconds, got {value:g}.")
    return value


def _budget(usd: Decimal | float | None, tokens: int | None) -> Budget:
    if usd is not None and usd <= 0:
        raise InputError(f"budget_usd must be more than 0 dollars, got {usd}.")
    if tokens is not None and tokens <= 0:
        raise InputError(f"max_tokens_total must be more than 0 tokens, got {tokens}.")
    return Budget(usd=None if usd is None else Decimal(str(usd)), tokens=tokens)


def _refuse_unknown_prices(team: Team, settings: RunSettings) -> None:
    if settings.budget.usd is None:
        return
    one = Usage(input_tokens=1, output_tokens=1)
    unknown = sorted({model.name for model in team.members if not model.price(one).complete})
    if unknown:
        raise InputError(
            f"A budget in dollars needs known prices, and the price of {', '.join(unknown)} is not known.",
            hint="Give a budget in tokens instead: max_tokens_total (--max-tokens-total).",
        )


def _strategy(value: SynthesisStrategy) -> SynthesisStrategy:
    known = get_args(SynthesisStrategy)
    if value not in known:
        raise InputError(f"synthesis must be one of {', '.join(known)}, got {value!r}.")
    return value
