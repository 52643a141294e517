"""The state of a row by the journal's records: its result so far, and whether anything is left to do. No calls."""

from dataclasses import dataclass

from stretto.batch.rows.row_job import FINAL, RowJob
from stretto.core.events import Event, RunCompleted
from stretto.core.journal import Archive, OutcomeKey, SavedRun
from stretto.core.plan import Plan
from stretto.core.result import RunResult
from stretto.engine import WRITTEN_PLAN, Job, ResultOptions, saved_result
from stretto.engine.workers.revisions import CurrentRevisions


@dataclass(frozen=True, kw_only=True, slots=True)
class RowState:
    """What is recorded of a row."""

    result: RunResult
    over: bool
    """Whether nothing is left to do."""

    @property
    def worth_writing(self) -> bool:
        """Whether an output has more to say of it than that it was stopped: a text, or why there is none."""
        result = self.result
        written = any(worker.status == "completed" for worker in result.results)
        return written or any(gap.failure.kind != "interrupted" for gap in result.shortfall)


async def row_state_of(row: RowJob, saved: SavedRun, journal: Archive, job: Job) -> RowState:
    """Return the state of a row of which this is saved; `job` is what the engine would be given for it."""
    wanted = ResultOptions(subtasks=job.settings.subtasks, synthesis=job.settings.synthesis, review=False)
    finished = _finished(saved, wanted)
    events = () if finished else await journal.events(row.run_id)
    result = saved_result(row.run_id, saved, events, wanted)
    again = row.retry_errors and result.shortfall
    return RowState(result=result, over=(finished or _given_up(events)) and not again)


def _finished(saved: SavedRun, wanted: ResultOptions) -> bool:
    """Whether every outcome that was asked for is recorded."""
    plan = saved.outcomes.get(WRITTEN_PLAN)
    if not isinstance(plan, Plan):
        return False
    versions = CurrentRevisions(saved)
    results = [versions.of(subtask.id).saved for subtask in plan.subtasks]
    if not all(results):
        return False
    none = not any(result and result.status == "completed" for result in results)
    key = OutcomeKey(role="synthesis", revision=len(saved.revisions))
    return wanted.synthesis == "none" or none or key in saved.outcomes


def _given_up(events: tuple[Event, ...]) -> bool:
    """Whether a row ended short for reasons that lie in itself."""
    last = next((event.result for event in reversed(events) if isinstance(event, RunCompleted)), None)
    return last is not None and all(gap.failure.kind in FINAL for gap in last.shortfall)
