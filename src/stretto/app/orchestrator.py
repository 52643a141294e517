"""The Orchestrator: what developers hold in their hands. Puts models, recipe and limits together and runs tasks."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from secrets import token_hex

from stretto.app.blocking import run_blocking
from stretto.app.folders import recipes_folder
from stretto.app.limits import at_least_one, read_settings, refuse_unknown_prices
from stretto.app.observers import observing
from stretto.app.resuming import Book, Reopen, reopen, reopen_failed, stream_saved, under_way
from stretto.app.spec import to_spec
from stretto.app.team import ModelSpec, assemble
from stretto.core.checks import Check
from stretto.core.errors import InputError
from stretto.core.models import Role
from stretto.core.plan import Plan, Tier
from stretto.core.result import RunResult, SynthesisStrategy
from stretto.core.task import EMPTY, Task
from stretto.core.usage import Cost, Quote, Usage
from stretto.engine import EventStream, Gates, Job, ReviewHook, open_run, quote
from stretto.journal import MemoryJournal
from stretto.recipes import Recipe, load_recipe


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
        gap_timeout: float = 60.0,
        backoff: float = 0.5,
        budget_usd: Decimal | float | None = None,
        max_tokens_total: int | None = None,
        deadline: float | None = None,
        base_url: str | None = None,
        keys: Mapping[str, str] | None = None,
        journal: Book | None = None,
    ) -> None:
        self.recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe, user_folder=recipes_folder())
        self._settings = read_settings(
            self.recipe,
            subtasks=subtasks,
            max_subtasks=max_subtasks,
            synthesis=synthesis,
            language=language,
            checks=checks,
            attempts=attempts,
            timeout=timeout,
            gap_timeout=gap_timeout,
            backoff=backoff,
            budget_usd=budget_usd,
            max_tokens_total=max_tokens_total,
            deadline=deadline,
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
        refuse_unknown_prices(self._team, self._settings.budget)
        self._gates = Gates(at_least_one("concurrency", concurrency))
        self._base_url = base_url
        self._keys = keys
        self._journal = journal

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
            return await events.result()

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
        # Without a journal of the caller's each run has its own, which goes with it.
        journal = self._journal or MemoryJournal()
        async with under_way(journal, job.run_id, to_spec(job, base_url=self._base_url)):
            with observing() as observers:
                async with open_run(job, journal, self._gates, observers=observers) as events:
                    yield events

    async def resume(self, run_id: str) -> RunResult:
        """Go on with a run from the journal; what was finished is not called again.

        Raises `InputError`, also when the run is under way, here or in another process.
        """
        return await self._finish(run_id)

    async def retry(self, run_id: str) -> RunResult:
        """Try a run's failed subtasks again; what is there stays. Raises `InputError`."""
        return await self._finish(run_id, reopen_failed)

    async def rerun(self, run_id: str, subtask_id: str, *, note: str = "") -> RunResult:
        """Have one subtask written again, `note` saying what is to be different; the old text stands until then."""

        async def again(journal: Book, found: str) -> object:
            return await reopen(journal, found, subtask_id, note=note)

        return await self._finish(run_id, again)

    @asynccontextmanager
    async def stream_resume(self, run_id: str, *, deltas: bool = False) -> AsyncGenerator[EventStream]:
        """Go on with a run from the journal and hand out its events; see `resume`."""
        async with self._stream_saved(run_id, deltas=deltas) as events:
            yield events

    def _stream_saved(
        self, run_id: str, *, reopen: Reopen | None = None, deltas: bool = False
    ) -> AbstractAsyncContextManager[EventStream]:
        return stream_saved(
            self._book,
            run_id,
            gates=self._gates,
            keys=self._keys,
            own=self._team,
            own_settings=self._settings,
            base_url=self._base_url,
            reopen=reopen,
            deltas=deltas,
        )

    async def _finish(self, run_id: str, reopen: Reopen | None = None) -> RunResult:
        async with self._stream_saved(run_id, reopen=reopen) as events:
            return await events.result()

    @property
    def _book(self) -> Book:
        if self._journal is None:
            raise InputError(
                "A run can only be resumed from a journal.", hint="Give one: Orchestrator(journal=open_journal())."
            )
        return self._journal

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


def new_run_id() -> str:
    """Return an id that sorts by time and can be read aloud, such as "20260131-184502-3fa9c1"."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(3)}"
