"""Rebuilds the result of a saved run from its journal records; no call is made. Pure."""

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
from stretto.engine.run_status import MISSING_PLAN, plan_warnings, run_status, shortfall_of, synthesis_warnings
from stretto.engine.workers.revisions import CurrentRevisions

WRITTEN_PLAN = OutcomeKey(role="orchestrator")
"""The key of the plan that the orchestrator wrote, recorded once it is whole."""
REVIEWED_PLAN = OutcomeKey(role="orchestrator", revision=1)
"""The key of the plan as a person edited it."""

_STOPPED = Failure(kind="interrupted", message="The run was stopped before this was finished.")
_NOT_REVIEWED = Failure(kind="interrupted", message="The plan was not reviewed yet.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultOptions:
    """The options of a run that its result depends on."""

    subtasks: tuple[int, int]
    synthesis: SynthesisStrategy
    review: bool


def saved_result(run_id: str, saved: SavedRun, events: Sequence[Event], options: ResultOptions) -> RunResult:
    """Return the result of a run that is over, or what there is of one that was stopped.

    The records are the truth; `events` add the failures that are not recorded, because a resume tries those again.
    """
    facts = _EventFacts.of(events)
    plan, missing = _plan(saved, facts, options)
    results = _results(plan, saved, facts)
    synthesis = _synthesis(saved, facts, options.synthesis)
    budget_tracker = BudgetTracker(NO_BUDGET)
    budget_tracker.restore(saved)
    shortfall = shortfall_of(results, synthesis, missing, planned=plan is not None)
    written = saved.outcomes.get(WRITTEN_PLAN)
    counted = written if isinstance(written, Plan) else plan
    return RunResult(
        run_id=run_id,
        status=run_status(results, shortfall),
        analysis=plan.analysis if plan else "",
        results=results,
        synthesis=synthesis,
        superseded=tuple(facts.superseded.values()),
        shortfall=shortfall,
        warnings=(
            *(plan_warnings(len(counted.subtasks), options.subtasks) if counted else ()),
            *synthesis_warnings(synthesis),
            *budget_tracker.excesses,
        ),
        usage=budget_tracker.total.usage,
        cost=budget_tracker.total.cost,
        seconds=facts.seconds,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _EventFacts:
    """What the events of a run add to its records; the latest of each."""

    failed: Mapping[str, WorkerResult]
    superseded: Mapping[str, WorkerResult]
    plan: Failure | None
    """Why there is no plan, or not the whole of it."""
    planless: bool
    """Whether nothing at all was run, for that reason."""
    synthesis: SynthesisResult | None
    seconds: float

    @classmethod
    def of(cls, events: Sequence[Event]) -> "_EventFacts":
        last = next((event.result for event in reversed(events) if isinstance(event, RunCompleted)), None)
        gaps = [gap for gap in last.shortfall if gap.what in MISSING_PLAN.values()] if last else []
        # Of a row of a batch only the last event is logged.
        failed = [result for result in last.results if result.error] if last else []
        failed += [event.result for event in events if isinstance(event, (WorkerFailed, SubtaskSkipped))]
        return cls(
            failed={result.subtask.id: result for result in failed},
            superseded={e.result.subtask.id: e.result for e in events if isinstance(e, SubtaskSuperseded)},
            plan=gaps[0].failure if gaps else None,
            planless=any(gap.what == MISSING_PLAN[False] for gap in gaps),
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


def _plan(saved: SavedRun, facts: _EventFacts, options: ResultOptions) -> tuple[Plan | None, Failure | None]:
    """Return the plan that was run, and why it is short or missing."""
    plan = saved.outcomes.get(REVIEWED_PLAN if options.review else WRITTEN_PLAN)
    if isinstance(plan, Plan):
        return plan, None if WRITTEN_PLAN in saved.outcomes else facts.plan or _STOPPED
    if options.review:
        return None, facts.plan or (_NOT_REVIEWED if WRITTEN_PLAN in saved.outcomes else _STOPPED)
    if facts.planless or not saved.sealed:
        return None, facts.plan or _STOPPED
    return Plan(subtasks=saved.sealed, analysis=saved.analysis), facts.plan or _STOPPED


def _results(plan: Plan | None, saved: SavedRun, facts: _EventFacts) -> tuple[WorkerResult, ...]:
    revisions = CurrentRevisions(saved)

    def result(subtask: Subtask) -> WorkerResult:
        version = revisions.of(subtask.id)
        if version.saved is not None:
            return version.or_earlier(version.saved)
        if version.earlier is not None:
            return version.earlier
        failed = facts.failed.get(subtask.id)
        if failed is not None and failed.revision == version.revision:
            return failed
        return WorkerResult(subtask=subtask, revision=version.revision, status="failed", error=_STOPPED)

    return tuple(result(subtask) for subtask in plan.subtasks) if plan else ()


def _synthesis(saved: SavedRun, facts: _EventFacts, strategy: SynthesisStrategy) -> SynthesisResult | None:
    if strategy == "none":
        return None
    result = saved.outcomes.get(OutcomeKey(role="synthesis", revision=len(saved.revisions)))
    if isinstance(result, SynthesisResult):
        return result
    return facts.synthesis or SynthesisResult(strategy=strategy, status="skipped", error=_STOPPED)
