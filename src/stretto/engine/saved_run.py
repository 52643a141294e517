"""What a saved run amounts to, from its records alone; no call is made. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stretto.core.events import (
    Event,
    RunCompleted,
    SubtaskSkipped,
    SubtaskSuperseded,
    SynthesisFailed,
    WorkerFailed,
)
from stretto.core.journal import OutcomeKey, SavedRun
from stretto.core.plan import Plan, Subtask
from stretto.core.result import Failure, RunResult, SynthesisResult, SynthesisStrategy, WorkerResult
from stretto.engine.accounting.budget import NO_BUDGET, BudgetTracker
from stretto.engine.status import THE_PLAN, plan_warnings, shortfall_of, status_of, synthesis_warnings
from stretto.engine.workers.revisions import CurrentRevisions

AS_WRITTEN = OutcomeKey(role="orchestrator")
"""Where the plan is kept that the orchestrator wrote, once it is whole."""
AS_REVIEWED = OutcomeKey(role="orchestrator", revision=1)
"""Where the plan is kept that a person made of it."""

_STOPPED = Failure(kind="interrupted", message="The run was stopped before this was finished.")
_NOT_REVIEWED = Failure(kind="interrupted", message="The plan was not reviewed yet.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a run was asked for, as far as its result depends on it."""

    subtasks: tuple[int, int]
    synthesis: SynthesisStrategy
    review: bool


def result_of(run_id: str, saved: SavedRun, told: Sequence[Event], wanted: Wanted) -> RunResult:
    """Return the result of a run that is over, or what there is of one that was stopped.

    The records are the truth; what was `told` of the run adds the reasons that are not recorded, because a resume
    tries again what failed for them.
    """
    said = _Told.of(told)
    plan, missing = _plan(saved, said, wanted)
    results = _results(plan, saved, said)
    synthesis = _synthesis(saved, said, wanted.synthesis)
    budget_tracker = BudgetTracker(NO_BUDGET)
    budget_tracker.restore(saved)
    shortfall = shortfall_of(results, synthesis, missing, planned=plan is not None)
    written = saved.outcomes.get(AS_WRITTEN)
    counted = written if isinstance(written, Plan) else plan
    return RunResult(
        run_id=run_id,
        status=status_of(results, shortfall),
        analysis=plan.analysis if plan else "",
        results=results,
        synthesis=synthesis,
        superseded=tuple(said.superseded.values()),
        shortfall=shortfall,
        warnings=(
            *(plan_warnings(len(counted.subtasks), wanted.subtasks) if counted else ()),
            *synthesis_warnings(synthesis),
            *budget_tracker.excesses,
        ),
        usage=budget_tracker.total.usage,
        cost=budget_tracker.total.cost,
        seconds=said.seconds,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """What the events of a run say beyond its records; of what was said twice, the latest."""

    failed: Mapping[str, WorkerResult]
    superseded: Mapping[str, WorkerResult]
    plan: Failure | None
    """Why there is no plan, or not the whole of it."""
    planless: bool
    """Whether nothing at all was run, for that reason."""
    synthesis: SynthesisResult | None
    seconds: float

    @classmethod
    def of(cls, events: Sequence[Event]) -> "_Told":
        last = next((event.result for event in reversed(events) if isinstance(event, RunCompleted)), None)
        gaps = [gap for gap in last.shortfall if gap.what in THE_PLAN.values()] if last else []
        # A row of a batch is told by its end alone.
        failed = [result for result in last.results if result.error] if last else []
        failed += [event.result for event in events if isinstance(event, (WorkerFailed, SubtaskSkipped))]
        return cls(
            failed={result.subtask.id: result for result in failed},
            superseded={e.result.subtask.id: e.result for e in events if isinstance(e, SubtaskSuperseded)},
            plan=gaps[0].failure if gaps else None,
            planless=any(gap.what == THE_PLAN[False] for gap in gaps),
            synthesis=next((e.result for e in reversed(events) if isinstance(e, SynthesisFailed)), None),
            seconds=_seconds(events),
        )


def _seconds(events: Sequence[Event]) -> float:
    match events:
        case [*_, RunCompleted(result=result)]:
            return result.seconds
        case [*_, latest]:
            return latest.at
        case _:
            return 0.0


def _plan(saved: SavedRun, said: _Told, wanted: Wanted) -> tuple[Plan | None, Failure | None]:
    """Return the plan that was run, and why it is short or missing."""
    plan = saved.outcomes.get(AS_REVIEWED if wanted.review else AS_WRITTEN)
    if isinstance(plan, Plan):
        return plan, None if AS_WRITTEN in saved.outcomes else said.plan or _STOPPED
    if wanted.review:
        return None, said.plan or (_NOT_REVIEWED if AS_WRITTEN in saved.outcomes else _STOPPED)
    if said.planless or not saved.sealed:
        return None, said.plan or _STOPPED
    return Plan(subtasks=saved.sealed, analysis=saved.analysis), said.plan or _STOPPED


def _results(plan: Plan | None, saved: SavedRun, said: _Told) -> tuple[WorkerResult, ...]:
    revisions = CurrentRevisions(saved)

    def result(subtask: Subtask) -> WorkerResult:
        version = revisions.of(subtask.id)
        if version.saved is not None:
            return version.or_earlier(version.saved)
        if version.earlier is not None:
            return version.earlier
        failed = said.failed.get(subtask.id)
        if failed is not None and failed.revision == version.revision:
            return failed
        return WorkerResult(subtask=subtask, revision=version.revision, status="failed", error=_STOPPED)

    return tuple(result(subtask) for subtask in plan.subtasks) if plan else ()


def _synthesis(saved: SavedRun, said: _Told, strategy: SynthesisStrategy) -> SynthesisResult | None:
    if strategy == "none":
        return None
    result = saved.outcomes.get(OutcomeKey(role="synthesis", revision=len(saved.revisions)))
    if isinstance(result, SynthesisResult):
        return result
    return said.synthesis or SynthesisResult(strategy=strategy, status="skipped", error=_STOPPED)
