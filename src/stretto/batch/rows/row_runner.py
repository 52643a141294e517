"""Runs one row, on any machine: what the journal has of it is not done again, and a failure is its result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf

from stretto.app.observers.observing import observing
from stretto.app.resume import RunJournal, held, opened, reopen_failed
from stretto.app.run_spec import from_spec
from stretto.batch.rows.call_counter import CallCounter
from stretto.batch.rows.row_job import RowJob, RowOutcome, Work
from stretto.batch.rows.row_journal import RowJournal
from stretto.batch.rows.row_state import row_state_of
from stretto.core.errors import JournalError, QueueError, StrettoError, UnderWayError
from stretto.core.journal import SavedRun
from stretto.core.result import Failure, RunResult, Shortfall
from stretto.core.task import Task
from stretto.engine import BudgetTracker, Hedging, Job, LimiterRegistry, ResultOptions, open_run, saved_result


class RowModels:
    """Opens the models that rows are run with, once for all rows of the same work."""

    def __init__(self, *, keys: Mapping[str, str] | None = None, opened: Mapping[str, Job] | None = None) -> None:
        """Take keys for models that are opened later, and jobs that are open, by the key of their work."""
        self._keys = keys
        self._opened = dict(opened or {})
        # How long calls take is learnt from all rows together: one row has too few of them.
        self._hedging = Hedging()

    def open(self, work: Work) -> Job:
        """Return the job of any row; raises `InputError` when a model or a check is not there."""
        job = self._opened.get(work.key)
        if job is None:
            spec: dict[str, object] = {**work.spec, "task": "-", "context": dict[str, str](), "plan": None}
            job = from_spec("", spec, own=None, own_settings=None, keys=self._keys, review=None, deltas=False)
            job = self._opened[work.key] = replace(job, stream_plan=False)
        return job

    def job_of(
        self, row: RowJob, *, budget_tracker: BudgetTracker | None, deadline: float, deadline_name: str = ""
    ) -> Job:
        """Return what the engine is given for a row."""
        job = self.open(row.work)
        settings = replace(job.settings, deadline=deadline, deadline_name=deadline_name)
        if row.plan is not None:  # A plan that was chosen is run whole.
            count = len(row.plan.subtasks)
            settings = replace(settings, subtasks=(count, count), max_subtasks=max(settings.max_subtasks, count))
        task = Task.of(row.task, row.whole_context)
        return replace(
            job,
            run_id=row.run_id,
            task=task,
            plan=row.plan,
            settings=settings,
            budget_tracker=budget_tracker,
            hedging=self._hedging,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RowRun:
    """What came of a row, in full."""

    result: RunResult
    outcome: RowOutcome


async def run_row(
    row: RowJob,
    *,
    journal: RunJournal,
    limiters: LimiterRegistry,
    budget_tracker: BudgetTracker | None = None,
    row_models: RowModels | None = None,
    deadline: float = inf,
    deadline_name: str = "The batch's deadline",
    take_over: bool = False,
    begun: Callable[[int], object] | None = None,
    call_counter: CallCounter | None = None,
) -> RowRun:
    """Run a row, or the rest of it; return what came of it. A failure is a result: only what stores results raises.

    `budget_tracker` is the batch's; `row_models` spares opening the models for each row; `deadline` is in seconds from
    now, what is left of the one that is named; `begun` is called with the number of earlier calls just before
    something is done; `call_counter` counts calls and texts as they come.
    Raises `UnderWayError` when the row is under way already, unless it is to be taken over.
    """
    before: SavedRun | None = None
    try:
        job = (row_models or RowModels()).job_of(
            row, budget_tracker=budget_tracker, deadline=deadline, deadline_name=deadline_name
        )
        async with opened(journal, row.run_id, row.spec) as new:
            if new:
                before = SavedRun()
                return await _run(row, job, RowJournal(journal, before, call_counter), limiters, begun, before)
        before = await journal.load(row.run_id)
        state = await row_state_of(row, before, journal, job)
        if state.over:
            if budget_tracker is not None:
                budget_tracker.restore(before)
            return RowRun(result=state.result, outcome=RowOutcome.of(state.result, calls=0, reused=True))
        async with held(journal, row.run_id, take_over=take_over):
            if row.retry_errors:
                await reopen_failed(journal, row.run_id)
            # Another process may have written since the row was read.
            before = await journal.load(row.run_id)
            return await _run(row, job, RowJournal(journal, before, call_counter), limiters, begun, before)
    except (JournalError, QueueError, UnderWayError):
        raise
    except Exception as error:  # A failing row, or a bug that it brings to light, must not stop the others.
        return await _failed_run(row, error, before, journal)


async def _run(
    row: RowJob,
    job: Job,
    journal: RowJournal,
    limiters: LimiterRegistry,
    begun: Callable[[int], object] | None,
    saved: SavedRun,
) -> RowRun:
    if begun is not None:
        begun(_calls(saved))
    with observing() as observers:
        async with open_run(job, journal, limiters, observers=observers) as events:
            result = await events.result()
    calls = result.usage.calls - _calls(saved)
    return RowRun(result=result, outcome=RowOutcome.of(result, calls=calls, reused=False))


async def _failed_run(row: RowJob, error: Exception, before: SavedRun | None, journal: RunJournal) -> RowRun:
    """Return what there is of a row that raised; nothing `before` says that nothing was begun."""
    known = isinstance(error, StrettoError)
    failure = Failure.of(error) if known else Failure(kind="unexpected", message=f"{type(error).__name__}: {error}")
    saved = await journal.load(row.run_id)
    wanted = ResultOptions(subtasks=(1, 1), synthesis="none", review=False)
    there = saved_result(row.run_id, saved, (), wanted)
    status = "partial" if there.status != "failed" else "failed"
    gap = Shortfall(what="the row", failure=failure)
    result = replace(there, status=status, shortfall=(gap, *there.shortfall[1:]), warnings=())
    if saved != SavedRun():
        await journal.close_run(row.run_id, status)
    calls = _calls(saved) - _calls(before or saved)
    return RowRun(result=result, outcome=RowOutcome.of(result, calls=calls, reused=False))


def _calls(saved: SavedRun) -> int:
    return len(saved.calls)
