"""Resumes a run from its journal: the rest of it, its failed subtasks, or a new revision of one subtask."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

import anyio

from stretto.app.observers.observing import observing
from stretto.app.run_options import read_budget, read_deadline, read_limit, refuse_unknown_prices
from stretto.app.run_spec import from_spec
from stretto.core.errors import InputError, JournalError
from stretto.core.journal import Archive, Journal, OutcomeKey, Revision, RunState, SavedRun
from stretto.core.plan import Plan, Subtask
from stretto.core.result import WorkerResult
from stretto.core.usage import Quote
from stretto.engine import (
    REVIEWED_PLAN,
    WRITTEN_PLAN,
    Budget,
    EventStream,
    LimiterRegistry,
    ReviewHook,
    RoleModels,
    RunSettings,
    open_run,
)


class RunJournal(Journal, Archive, Protocol):
    """A journal that also remembers what runs were started with."""


Reopen = Callable[[RunJournal, str], Awaitable[object]]
"""Notes in the journal what of a run is to be made anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What takes the place of a run's own limits; None leaves one as it is."""

    budget_usd: Decimal | float | None = None
    max_tokens_total: int | None = None
    max_subtasks: int | None = None
    deadline: float | None = None
    """Seconds, counted anew."""

    def of(self, settings: RunSettings) -> RunSettings:
        """Return settings with these limits; raises `InputError` when one of them cannot be used."""
        budget = read_budget(self.budget_usd, self.max_tokens_total)
        return replace(
            settings,
            budget=Budget(
                usd=settings.budget.usd if budget.usd is None else budget.usd,
                tokens=settings.budget.tokens if budget.tokens is None else budget.tokens,
            ),
            max_subtasks=settings.max_subtasks if self.max_subtasks is None else read_limit(self.max_subtasks),
            deadline=settings.deadline if self.deadline is None else read_deadline(self.deadline),
        )


UNCHANGED = Limits()


@asynccontextmanager
async def under_way(
    journal: Journal, run_id: str, spec: Mapping[str, object], *, take_over: bool = False
) -> AsyncGenerator[RunState | None]:
    """Have a run under way here for the length of a block, and yield how it ended before: None when it is new.

    Raises `UnderWayError` when it is already, here or in another process; `take_over` is for who knows better.
    """
    async with opened(journal, run_id, spec) as new:
        if new:
            yield None
        else:
            async with held(journal, run_id, take_over=take_over) as before:
                yield before


@asynccontextmanager
async def opened(journal: Journal, run_id: str, spec: Mapping[str, object]) -> AsyncGenerator[bool]:
    """Have a run that is new under way here for the length of a block, and yield whether it is."""
    new = False
    with anyio.CancelScope(shield=True):  # Cancelled here, it would be unknown whether there is something to leave.
        new = await journal.open_run(run_id, spec)
    try:
        yield new
    finally:
        if new:
            await _leave(journal, run_id)


@asynccontextmanager
async def held(journal: Journal, run_id: str, *, take_over: bool = False) -> AsyncGenerator[RunState]:
    """Have a run that is known under way here for the length of a block, and yield how it ended before.

    Raises `UnderWayError` when it is already, here or in another process; `take_over` is for who knows better.
    """
    before: RunState = "running"
    with anyio.CancelScope(shield=True):
        before = await journal.hold_run(run_id, take_over=take_over)
    try:
        yield before
    finally:
        await _leave(journal, run_id)


async def _leave(journal: Journal, run_id: str) -> None:
    # A journal that fails now has raised already, and its lock ends with the process.
    with anyio.CancelScope(shield=True), suppress(JournalError):
        await journal.leave_run(run_id)


@asynccontextmanager
async def stream_saved(
    journal: RunJournal,
    run_id: str,
    *,
    limiters: LimiterRegistry,
    keys: Mapping[str, str] | None = None,
    own: RoleModels | None = None,
    own_settings: RunSettings | None = None,
    base_url: str | None = None,
    limits: Limits = UNCHANGED,
    reopen: Reopen | None = None,
    review: ReviewHook | None = None,
    deltas: bool = False,
) -> AsyncGenerator[EventStream]:
    """Go on with a run and hand out its events; what was finished is not called again.

    The recipe, the models and the settings are those that the run was started with, but for `limits`; `reopen` has
    something made anew. Raises `InputError` when there is no such run, when it is under way, or when something of it
    is not there any more.
    """
    spec = await spec_of(journal, run_id)
    if spec["review"] and review is None:
        review = await _as_reviewed(journal, run_id)
    job = from_spec(
        run_id,
        spec,
        own=own,
        own_settings=own_settings,
        keys=keys,
        review=review,
        deltas=deltas,
        base_url=base_url,
    )
    job = replace(job, settings=limits.of(job.settings))
    refuse_unknown_prices(job.role_models, job.settings.budget)
    async with under_way(journal, run_id, spec) as before:
        if reopen is not None:
            try:
                await reopen(journal, run_id)
            except InputError:  # Nothing was begun.
                if before is not None:
                    await journal.close_run(run_id, before)
                raise
        with observing() as observers:
            async with open_run(job, journal, limiters, observers=observers) as events:
                yield events


async def _as_reviewed(journal: Journal, run_id: str) -> ReviewHook:
    """Return a hook that is never asked, as the plan was reviewed; raises `InputError` when it was not."""
    saved = await journal.load(run_id)
    if REVIEWED_PLAN not in saved.outcomes:
        raise InputError(
            f"The plan of run {run_id} was not reviewed yet.", hint=f"Look at it: stretto resume {run_id} --review"
        )

    async def accept(plan: Plan, estimate: Quote) -> Plan:
        return plan

    return accept


async def spec_of(journal: Archive, run_id: str) -> Mapping[str, object]:
    """Return what a run was started with; raises `InputError` when there is no such run."""
    spec = await journal.spec(run_id)
    if spec is None:
        raise InputError(f"There is no run {run_id!r} in the journal.", hint="`stretto runs` lists them.")
    return spec


async def reopen_failed(journal: RunJournal, run_id: str) -> tuple[Subtask, ...]:
    """Open a new revision of every subtask whose last outcome is a failure; return those subtasks."""
    await spec_of(journal, run_id)
    saved = await journal.load(run_id)
    failed = [subtask for subtask in _subtasks(saved) if _has_failed(saved, subtask.id)]
    await _reopen(journal, run_id, saved, failed, "")
    return tuple(failed)


async def reopen(journal: RunJournal, run_id: str, subtask_id: str, *, note: str = "") -> Subtask:
    """Open a new revision of one subtask, to be written differently; raises `InputError` when it is unknown.

    `subtask_id` is its id, such as "s2", or its number in the plan, such as "2".
    """
    await spec_of(journal, run_id)
    saved = await journal.load(run_id)
    subtasks = _subtasks(saved)
    if not subtasks:
        raise InputError(f"Run {run_id} has no subtasks yet.", hint="Go on with it first: stretto resume " + run_id)
    numbered = {str(number): subtask.id for number, subtask in enumerate(subtasks, 1)}
    subtask = Plan(subtasks=subtasks).find(numbered.get(subtask_id, subtask_id))
    await _reopen(journal, run_id, saved, [subtask], note)
    return subtask


async def _reopen(journal: Journal, run_id: str, saved: SavedRun, subtasks: Sequence[Subtask], note: str) -> None:
    for subtask in subtasks:
        number = _last_revision(saved, subtask.id) + 1
        await journal.revise(run_id, Revision(subtask_id=subtask.id, revision=number, note=note))


def _subtasks(saved: SavedRun) -> tuple[Subtask, ...]:
    for key in (REVIEWED_PLAN, WRITTEN_PLAN):
        plan = saved.outcomes.get(key)
        if isinstance(plan, Plan):
            return plan.subtasks
    return saved.sealed


def _last_revision(saved: SavedRun, subtask_id: str) -> int:
    return max((r.revision for r in saved.revisions if r.subtask_id == subtask_id), default=0)


def _has_failed(saved: SavedRun, subtask_id: str) -> bool:
    last = _last_revision(saved, subtask_id)
    outcome = saved.outcomes.get(OutcomeKey(role="worker", subtask_id=subtask_id, revision=last))
    return isinstance(outcome, WorkerResult) and outcome.status == "failed"
