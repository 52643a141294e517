"""The Orchestrator, the class that programs use: puts models, recipe and limits together and runs tasks."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Literal

from stretto.app.arguments import read_id, read_journal, read_plan, read_recipe, read_review
from stretto.app.blocking import run_blocking
from stretto.app.observers.observing import observing
from stretto.app.options import read_flag, read_whole_number
from stretto.app.resume import Reopen, RunJournal, reopen, reopen_failed, stream_saved, under_way
from stretto.app.role_models import ModelSpec, open_role_models
from stretto.app.run_options import read_settings, refuse_unknown_prices
from stretto.app.run_spec import to_spec
from stretto.core.checks import Check
from stretto.core.errors import InputError
from stretto.core.models import Role
from stretto.core.plan import Plan, Tier
from stretto.core.result import RunResult, SynthesisStrategy
from stretto.core.task import EMPTY, Task
from stretto.core.usage import Cost, Quote, Usage
from stretto.engine import EventStream, Job, LimiterRegistry, ReviewHook, open_run, quote
from stretto.journal import MemoryJournal
from stretto.recipes import Recipe


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
    orchestrator and a cheaper worker are chosen from the keys in the environment.

    Args:
        model: The orchestrator's model; None to have a pair chosen.
        worker_model: The workers' model; None for the orchestrator's.
        synthesis_model: The synthesis's model; None for the orchestrator's.
        fallback_models: Asked in this order, for any role, when a role's own model gives no usable answer.
        tiers: Models for subtasks that the orchestrator marks "fast" or "strong"; without any, it marks none.
        recipe: A recipe's name, the path of its file, or a `Recipe`: the prompts, and the defaults of these options.
        subtasks: How many subtasks to ask for, as a number or as the least and the most; None for the recipe's.
        max_subtasks: How many subtasks to carry out at the most, whatever the plan says; None for the recipe's.
        synthesis: What to make of all results: "none", "merge" (one text) or "compare" (a recommendation).
        language: The language of the answers, as a code such as "zh"; None for the recipe's, else the brief's.
        checks: What looks at every answer, by name or as an object of yours; None for the recipe's, [] for nothing.
        attempts: Calls for one answer to one model, the first included.
        concurrency: Calls to one model at a time, by all runs of this orchestrator.
        timeout: Seconds for one call, and for one check.
        gap_timeout: Seconds without a word in a call that is streamed.
        backoff: Seconds before the second attempt at the most; doubles with each further one.
        hedge: Whether a worker's call that takes much longer than the others gets a second one; the first whole
            answer counts. At most 5% of the calls, and within budget and concurrency.
        budget_usd: US dollars that a run may cost; a call that does not fit is not made. None for no limit.
        max_tokens_total: Tokens that a run may use, input and output of all its calls; None for no limit.
        deadline: Seconds for a whole run; what is not there by then is reported. None for no limit.
        base_url: Another server that speaks the models' protocol; None for each provider's own.
        accept_finish_reasons: Words that end a whole answer of a server whose finish reasons stretto does not know.
        keys: Keys by the name of their environment variable, in place of the saved ones; None for those.
        journal: Where runs are kept, such as `open_journal()`; without one a run leaves nothing behind.

    Raises `InputError` or `ModelError` when something given here cannot be used.
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
        hedge: bool = False,
        budget_usd: Decimal | float | None = None,
        max_tokens_total: int | None = None,
        deadline: float | None = None,
        base_url: str | None = None,
        accept_finish_reasons: Sequence[str] = (),
        keys: Mapping[str, str] | None = None,
        journal: RunJournal | None = None,
    ) -> None:
        self.recipe = read_recipe(recipe)
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
            hedge=hedge,
            budget_usd=budget_usd,
            max_tokens_total=max_tokens_total,
            deadline=deadline,
        )
        self._role_models, self.why = open_role_models(
            model=model,
            worker_model=worker_model,
            synthesis_model=synthesis_model,
            fallback_models=fallback_models,
            tiers={} if tiers is None else tiers,
            base_url=base_url,
            accept_finish_reasons=accept_finish_reasons,
            keys=keys,
        )
        refuse_unknown_prices(self._role_models, self._settings.budget)
        self._limiters = LimiterRegistry(read_whole_number("concurrency", concurrency))
        self._base_url = base_url
        self._accepted = tuple(accept_finish_reasons)
        self._keys = keys
        self._journal = read_journal(journal)

    @property
    def models(self) -> Mapping[Role, str]:
        """Which model does what, by the names that users know them by."""
        role_models = self._role_models
        return {
            "orchestrator": role_models.orchestrator.name,
            "worker": role_models.worker.name,
            "synthesis": role_models.synthesis.name,
        }

    async def run(
        self,
        task: str,
        *,
        context: Mapping[str, object] = EMPTY,
        plan: Plan | None = None,
        review: ReviewHook | None = None,
    ) -> RunResult:
        """Run a task to its end. What models do wrong is in the result, not raised; see `RunResult.status`.

        Args:
            task: What is to be made, in words.
            context: Facts by name that every model gets: text, numbers, dates, and lists and mappings of these.
            plan: A plan to run in place of one that the orchestrator makes.
            review: Shown the plan and its quote before anything starts; returns the plan to run, or None for nothing.

        Raises `InputError` when one of these cannot be used.
        """
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
        """Run a task from synchronous code; works where an event loop is running too, as in a notebook.

        `task`, `context`, `plan` and `review` are those of `run`.
        """
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
        `task`, `context`, `plan` and `review` are those of `run`.
        """
        job = self._job(task, context, plan=plan, review=review, deltas=deltas)
        # Without a journal of the caller's each run has its own, which goes with it.
        journal = self._journal or MemoryJournal()
        async with under_way(
            journal, job.run_id, to_spec(job, base_url=self._base_url, accept_finish_reasons=self._accepted)
        ):
            with observing() as observers:
                async with open_run(job, journal, self._limiters, observers=observers) as events:
                    yield events

    async def resume(self, run_id: str) -> RunResult:
        """Go on with a run from the journal; what was finished is not called again.

        `run_id` is the one that its result and its events carry. Raises `InputError`, also when the run is under way,
        here or in another process.
        """
        return await self._finish(run_id)

    async def retry(self, run_id: str) -> RunResult:
        """Try the failed subtasks of the run `run_id` again; what is there stays. Raises `InputError`."""
        return await self._finish(run_id, reopen_failed)

    async def rerun(self, run_id: str, subtask_id: str, *, note: str = "") -> RunResult:
        """Have one subtask written again, `note` saying what is to be different; the old text stands until then.

        `run_id` names the run and `subtask_id` the subtask, as its result has them. Raises `InputError`.
        """
        read_id("subtask_id", subtask_id)

        async def again(journal: RunJournal, found: str) -> object:
            return await reopen(journal, found, subtask_id, note=note)

        return await self._finish(run_id, again)

    @asynccontextmanager
    async def stream_resume(self, run_id: str, *, deltas: bool = False) -> AsyncGenerator[EventStream]:
        """Go on with the run `run_id` from the journal and hand out its events, with `deltas` as in `stream`."""
        async with self._stream_saved(run_id, deltas=deltas) as events:
            yield events

    def _stream_saved(
        self, run_id: str, *, reopen: Reopen | None = None, deltas: bool = False
    ) -> AbstractAsyncContextManager[EventStream]:
        return stream_saved(
            self._required_journal,
            read_id("run_id", run_id),
            limiters=self._limiters,
            keys=self._keys,
            own=self._role_models,
            own_settings=self._settings,
            base_url=self._base_url,
            reopen=reopen,
            deltas=read_flag("deltas", deltas),
        )

    async def _finish(self, run_id: str, reopen: Reopen | None = None) -> RunResult:
        async with self._stream_saved(run_id, reopen=reopen) as events:
            return await events.result()

    @property
    def _required_journal(self) -> RunJournal:
        if self._journal is None:
            raise InputError(
                "A run can only be resumed from a journal.", hint="Give one: Orchestrator(journal=open_journal())."
            )
        return self._journal

    async def plan(self, task: str, *, context: Mapping[str, object] = EMPTY) -> PlanResult:
        """Have a plan made and run nothing of it; raises `PlanError` or `ModelError` when there is none.

        `task` and `context` are those of `run`.
        """
        shown: list[tuple[Plan, Quote]] = []

        async def look(plan: Plan, estimate: Quote) -> Literal["later"]:
            shown.append((plan, estimate))
            return "later"

        result = await self.run(task, context=context, review=look)
        if not shown:
            raise result.shortfall[0].failure.to_error()
        plan, estimate = shown[0]
        return PlanResult(plan=plan, warnings=result.warnings, usage=result.usage, cost=result.cost, quote=estimate)

    def quote(self, task: str, *, context: Mapping[str, object] = EMPTY, plan: Plan | None = None) -> Quote:
        """Return what a run, or only the workers of `plan`, is going to take; no call is made.

        `task` and `context` are those of `run`.
        """
        return quote(self._job(task, context), read_plan(plan))

    def _job(
        self,
        task: str,
        context: Mapping[str, object],
        *,
        plan: Plan | None = None,
        review: ReviewHook | None = None,
        deltas: bool = False,
    ) -> Job:
        settings, plan = self._settings, read_plan(plan)
        if plan is not None:  # A plan that was chosen is run whole.
            count = len(plan.subtasks)
            settings = replace(settings, subtasks=(count, count), max_subtasks=max(settings.max_subtasks, count))
        return Job(
            run_id=new_run_id(),
            task=Task.of(task, context),
            recipe=self.recipe,
            role_models=self._role_models,
            settings=settings,
            plan=plan,
            review=read_review(review),
            deltas=read_flag("deltas", deltas),
        )


def new_run_id() -> str:
    """Return an id that sorts by time and can be read aloud, such as "20260131-184502-3fa9c1"."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(3)}"
