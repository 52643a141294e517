"""One run from task to result: plan, workers, synthesis, result. The only path there is."""

from collections.abc import Sequence
from dataclasses import replace
from inspect import isawaitable
from typing import cast

from stretto.core.errors import InputError, ModelError
from stretto.core.events import (
    PlanCompleted,
    ReviewRequested,
    RunCompleted,
    RunStarted,
    SubtaskSealed,
    SynthesisCompleted,
    SynthesisFailed,
)
from stretto.core.journal import Journal, OutcomeKey, SavedRun
from stretto.core.plan import Plan, PlanError, Subtask
from stretto.core.result import Failure, RunResult, SynthesisResult, WorkerResult
from stretto.engine.accounting.budget import BudgetTracker, UsageTotal
from stretto.engine.calls.caller import ModelCaller
from stretto.engine.events.emitter import EventEmitter
from stretto.engine.job import Job, Reviewed
from stretto.engine.limits.registry import LimiterRegistry
from stretto.engine.planning.planner import Planned, Planner
from stretto.engine.planning.subtask_ids import SubtaskIds
from stretto.engine.run_quote import quote, synthesis_reservation
from stretto.engine.run_status import plan_warnings, run_status, shortfall_of, synthesis_warnings
from stretto.engine.saved_run import REVIEWED_PLAN, WRITTEN_PLAN
from stretto.engine.synthesis import synthesise
from stretto.engine.workers.dispatcher import Dispatcher
from stretto.engine.workers.revisions import CurrentRevisions
from stretto.recipes import verify_recipe


class Run:
    """The state of one run."""

    def __init__(self, job: Job, journal: Journal, limiters: LimiterRegistry, emitter: EventEmitter) -> None:
        self._job = job
        self._journal = journal
        self._emitter = emitter
        self._emit = emitter.emit
        self._budget_tracker = BudgetTracker(job.settings.budget, parent=job.budget_tracker)
        self._caller = ModelCaller(job, journal, limiters, self._budget_tracker, emitter)
        self._synthesis_reservation = f"synthesis of {job.run_id}"
        self._sealed: set[str] = set()
        self._warnings: tuple[str, ...] = ()

    async def execute(self) -> RunResult:
        """Make the plan, run the workers and the synthesis, and return the result."""
        job = self._job
        verify_recipe(job.recipe, job.task)
        saved = await self._journal.load(job.run_id)
        self._budget_tracker.restore(saved)
        self._emitter.continue_after(saved.last_seq)
        self._publish_started(resumed=bool(saved.starts or saved.outcomes))
        missing = await self._reserve_synthesis()
        plan, results, superseded = None, (), ()
        if missing is None:
            plan, missing, results, superseded = await self._run_plan(saved)
        synthesis = await self._synthesise(results, saved)
        return await self._finish(plan, missing, results, synthesis, superseded)

    async def _run_plan(
        self, saved: SavedRun
    ) -> tuple[Plan | None, Failure | None, tuple[WorkerResult, ...], tuple[WorkerResult, ...]]:
        """Return the plan, why it is short or missing, its results in order, and what was superseded."""
        revisions = CurrentRevisions(saved)
        async with Dispatcher(self._job, self._caller, self._journal, self._emit, revisions) as dispatcher:
            planned = await self._plan(dispatcher, saved)
        superseded = tuple(dispatcher.superseded)
        if isinstance(planned, Failure):
            return None, planned, (), superseded
        results = tuple(dispatcher.results[subtask.id] for subtask in planned.plan.subtasks)
        return planned.plan, planned.missing, results, superseded

    async def _reserve_synthesis(self) -> Failure | None:
        """Reserve the synthesis before any other call; return a failure when the budget is too small."""
        if self._job.settings.synthesis == "none":
            return None
        usage, cost = synthesis_reservation(self._job)
        try:
            await self._budget_tracker.reserve_ahead(self._synthesis_reservation, usage, cost)
        except ModelError as error:
            return Failure.of(error)
        return None

    def _publish_started(self, *, resumed: bool) -> None:
        job, role_models = self._job, self._job.role_models
        self._emit(
            RunStarted(
                run_id=job.run_id,
                task=job.task.text,
                context=dict(job.task.context),
                recipe=job.recipe.name,
                model=role_models.orchestrator.name,
                worker_model=role_models.worker.name,
                synthesis_model=role_models.synthesis.name if job.settings.synthesis != "none" else "",
                labels=role_models.labels,
                resumed=resumed,
            )
        )

    async def _plan(self, dispatcher: Dispatcher, saved: SavedRun) -> Planned | Failure:
        """Return the plan to run, with its subtasks started; a failure when there is none."""
        subtask_ids = SubtaskIds(saved.sealed)
        try:
            planned = await self._recorded_plan(dispatcher, subtask_ids, saved)
        except (ModelError, PlanError) as error:
            dispatcher.supersede_all_but(())
            return Failure.of(error)
        for subtask in planned.plan.subtasks:
            self._publish_sealed(dispatcher, subtask)
        self._warnings = plan_warnings(len(planned.plan.subtasks), self._job.settings.subtasks)
        self._emit(PlanCompleted(plan=planned.plan, warnings=self._warnings))
        plan = await self._reviewed_plan(planned.plan, subtask_ids, saved)
        if plan == "later":
            return Failure(kind="planned", message="Only the plan was asked for; nothing was started.")
        if plan is None:
            return Failure(kind="declined", message="The plan was declined; nothing was started.")
        dispatcher.supersede_all_but(subtask.id for subtask in plan.subtasks)
        for subtask in plan.subtasks:
            self._publish_sealed(dispatcher, subtask)
            dispatcher.admit(subtask)
        return Planned(plan=plan, missing=planned.missing)

    async def _recorded_plan(self, dispatcher: Dispatcher, subtask_ids: SubtaskIds, saved: SavedRun) -> Planned:
        """Return the plan; a whole one is in the journal, with its subtasks and the end of its call."""
        usage_total = UsageTotal()
        try:
            planned = await self._written_plan(dispatcher, subtask_ids, saved, usage_total)
            if planned.missing is not None:
                return planned
            run_id, ended = self._job.run_id, usage_total.take_end()
            return Planned(plan=await self._journal.record(run_id, WRITTEN_PLAN, planned.plan, ended=ended))
        finally:  # The run may have been cancelled between the answer and its record.
            await self._caller.recorder.record_end(usage_total)

    async def _written_plan(
        self, dispatcher: Dispatcher, subtask_ids: SubtaskIds, saved: SavedRun, usage_total: UsageTotal
    ) -> Planned:
        """Return the plan: the one of before a resume, the one that was given, or the orchestrator's."""
        analysis_saved = bool(saved.analysis)

        async def on_sealed(subtasks: Sequence[Subtask], analysis: str) -> None:
            nonlocal analysis_saved
            await self._journal.seal(self._job.run_id, *subtasks, analysis="" if analysis_saved else analysis)
            analysis_saved = analysis_saved or bool(analysis)
            for subtask in subtasks:
                self._publish_sealed(dispatcher, subtask)

        written = saved.outcomes.get(WRITTEN_PLAN)
        if isinstance(written, Plan):
            return Planned(plan=written)
        if self._job.plan is not None:
            subtasks = tuple(map(subtask_ids.seal, self._job.plan.subtasks))
            return Planned(plan=replace(self._job.plan, subtasks=subtasks))
        for subtask in saved.sealed:
            self._publish_sealed(dispatcher, subtask)
        planner = Planner(self._job, self._caller, self._emit, subtask_ids, on_sealed, usage_total)
        return await planner.make(analysis=saved.analysis)

    def _publish_sealed(self, dispatcher: Dispatcher, subtask: Subtask) -> None:
        """Publish a subtask that the journal has, and start it unless the plan is reviewed first; idempotent."""
        if subtask.id in self._sealed:
            return
        self._sealed.add(subtask.id)
        self._emit(SubtaskSealed(subtask=subtask))
        if self._job.review is None:
            dispatcher.admit(subtask)

    async def _reviewed_plan(self, plan: Plan, subtask_ids: SubtaskIds, saved: SavedRun) -> Reviewed:
        """Return the plan to run; None when the reviewer wants none, "later" when only the plan was asked for."""
        if self._job.review is None:
            return plan
        before = saved.outcomes.get(REVIEWED_PLAN)
        if isinstance(before, Plan):
            return before
        estimate = quote(self._job, plan)
        self._emit(ReviewRequested(plan=plan, quote=estimate))
        shown: object = self._job.review(plan, estimate)
        edited = cast("object", await shown) if isawaitable(shown) else shown
        if edited is None or edited == "later":
            return cast("Reviewed", edited)
        if not isinstance(edited, Plan) or not edited.subtasks:
            raise InputError(
                f"The review must return a plan with a subtask, or None to run nothing, got {edited!r}.",
                hint="To run the plan as it is, return it.",
            )
        return await self._journal.record(self._job.run_id, REVIEWED_PLAN, _identified(edited, plan, subtask_ids))

    async def _synthesise(self, results: tuple[WorkerResult, ...], saved: SavedRun) -> SynthesisResult | None:
        strategy = self._job.settings.synthesis
        if strategy == "none":
            return None
        self._budget_tracker.release(self._synthesis_reservation)
        key = OutcomeKey(role="synthesis", revision=len(saved.revisions))
        result = saved.outcomes.get(key)
        usage_total = UsageTotal()
        if not isinstance(result, SynthesisResult):
            if any(worker.status == "completed" for worker in results):
                result = await synthesise(self._job, strategy, results, self._caller, self._emit, usage_total)
            else:
                nothing = Failure(kind="empty", message="There was no result to bring together.")
                result = SynthesisResult(strategy=strategy, status="skipped", error=nothing)
            if result.status == "completed":  # A failed one may be tried again by a resume.
                result = await self._journal.record(self._job.run_id, key, result, ended=usage_total.take_end())
        completed = result.status == "completed"
        self._emit(SynthesisCompleted(result=result) if completed else SynthesisFailed(result=result))
        return result

    async def _finish(
        self,
        plan: Plan | None,
        missing: Failure | None,
        results: tuple[WorkerResult, ...],
        synthesis: SynthesisResult | None,
        superseded: tuple[WorkerResult, ...],
    ) -> RunResult:
        shortfall = shortfall_of(results, synthesis, missing, planned=plan is not None)
        result = RunResult(
            run_id=self._job.run_id,
            status=run_status(results, shortfall),
            labels=self._job.role_models.labels,
            task=self._job.task.text,
            context=dict(self._job.task.context),
            recipe=self._job.recipe.name,
            analysis=plan.analysis if plan else "",
            results=results,
            synthesis=synthesis,
            superseded=superseded,
            shortfall=shortfall,
            warnings=(
                *self._warnings,
                *synthesis_warnings(synthesis),
                *self._caller.remarks.values(),
                *self._budget_tracker.excesses,
            ),
            usage=self._budget_tracker.total.usage,
            cost=self._budget_tracker.total.cost,
            seconds=round(self._emitter.elapsed, 3),
        )
        await self._journal.close_run(self._job.run_id, result.final_state)
        self._emit(RunCompleted(result=result))
        return result


def _identified(edited: Plan, plan: Plan, subtask_ids: SubtaskIds) -> Plan:
    """Return an edited plan with an id for each subtask: its own where it has one, a new one where not."""
    free = {subtask.id for subtask in plan.subtasks}
    subtasks: list[Subtask] = []
    for subtask in edited.subtasks:
        if subtask.id not in free:
            subtask = subtask_ids.seal(subtask)
        free.discard(subtask.id)
        subtasks.append(subtask)
    return replace(edited, subtasks=tuple(subtasks))
