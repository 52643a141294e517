"""A journal that lives as long as the process: for runs that need not survive it, and for tests."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stretto.core.errors import UnderWayError
from stretto.core.events import Event
from stretto.core.journal import (
    CallEnd,
    CallStart,
    ListedState,
    Outcome,
    OutcomeKey,
    OutcomeT,
    Revision,
    RunState,
    RunSummary,
    SavedRun,
)
from stretto.core.plan import Plan, Subtask
from stretto.core.result import WorkerResult
from stretto.core.usage import FREE
from stretto.journal.keys import DELTAS, titles_of
from stretto.journal.run_records import counted_cost, every_sealed, progress


@dataclass(kw_only=True, slots=True)
class _Run:
    spec: Mapping[str, object] | None = None
    """None for a run that is known by its records only."""
    state: ListedState = "interrupted"
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    sealed: dict[str, Subtask] = field(default_factory=dict[str, Subtask])
    analysis: str = ""
    outcomes: dict[OutcomeKey, Outcome] = field(default_factory=dict[OutcomeKey, Outcome])
    revisions: dict[tuple[str, int], Revision] = field(default_factory=dict[tuple[str, int], Revision])
    events: dict[int, Event] = field(default_factory=dict[int, Event])
    starts: dict[str, CallStart] = field(default_factory=dict[str, CallStart])
    ends: dict[str, CallEnd] = field(default_factory=dict[str, CallEnd])


class MemoryJournal:
    """Implements the `Journal` and `Archive` ports without any file."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}

    async def open_run(self, run_id: str, spec: Mapping[str, object]) -> bool:
        """Note what a run is started with, and that it is under way; return whether it is new."""
        run = self._run(run_id)
        if run.spec is not None:
            return False
        run.spec, run.state = dict(spec), "running"
        return True

    async def hold_run(self, run_id: str, *, take_over: bool = False) -> RunState:
        """Note that a known run is under way; return how it ended before. Raises `UnderWayError` when it is already."""
        run = self._run(run_id)
        if run.state == "running" and not take_over:
            raise UnderWayError(run_id)
        before, run.state = run.state, "running"
        return "running" if before == "interrupted" else before

    async def leave_run(self, run_id: str) -> None:
        """Note that a run is no longer under way."""
        run = self._runs.get(run_id)
        if run and run.state == "running":
            run.state = "interrupted"

    async def load(self, run_id: str) -> SavedRun:
        """Return a copy of what is known."""
        run = self._runs.get(run_id) or _Run()
        return SavedRun(
            sealed=every_sealed(run.sealed.values(), run.outcomes),
            analysis=run.analysis,
            outcomes=dict(run.outcomes),
            revisions=tuple(run.revisions.values()),
            last_seq=max(run.events, default=0),
            starts=dict(run.starts),
            ends=dict(run.ends),
        )

    async def seal(self, run_id: str, *subtasks: Subtask, analysis: str) -> None:
        """Keep sealed subtasks, and the analysis unless one is known."""
        run = self._run(run_id)
        run.analysis = run.analysis or analysis
        for subtask in subtasks:
            run.sealed.setdefault(subtask.id, subtask)

    async def start_call(self, run_id: str, call: CallStart) -> None:
        """Keep a call's start."""
        self._run(run_id).starts.setdefault(call.call_id, call)

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Keep a call's end."""
        self._run(run_id).ends.setdefault(call.call_id, call)

    async def record(
        self, run_id: str, key: OutcomeKey, outcome: OutcomeT, *, ended: CallEnd | None = None
    ) -> OutcomeT:
        """Keep an outcome unless there is one, and the end of its call; return the outcome that stands."""
        if ended is not None:
            await self.end_call(run_id, ended)
        earlier = self._run(run_id).outcomes.setdefault(key, outcome)
        return earlier if isinstance(earlier, type(outcome)) else outcome

    async def revise(self, run_id: str, revision: Revision) -> None:
        """Keep a revision that is opened."""
        self._run(run_id).revisions.setdefault((revision.subtask_id, revision.revision), revision)

    def keeps(self, event: Event) -> bool:
        """Whether an event is for late readers; deltas are only for those who are there."""
        return event.kind not in DELTAS

    async def log(self, run_id: str, events: Sequence[Event]) -> None:
        """Keep events for late readers."""
        kept = self._run(run_id).events
        for event in events:
            kept.setdefault(event.seq, event)

    async def close_run(self, run_id: str, state: RunState) -> None:
        """Note how the run ended."""
        self._run(run_id).state = state

    async def list_runs(
        self, *, states: Sequence[ListedState] = (), search: str = "", limit: int = 50
    ) -> tuple[RunSummary, ...]:
        """Return runs, newest first."""
        term = search.lower()
        summaries = (_summary(run_id, run) for run_id, run in self._runs.items() if not states or run.state in states)
        found = [summary for summary in summaries if any(term in text.lower() for text in _searched(summary))]
        found.sort(key=lambda summary: (summary.started_at, summary.run_id), reverse=True)
        return tuple(found[:limit])

    async def state(self, run_id: str) -> ListedState | None:
        """Return how a run stands; None when there is no such run."""
        run = self._runs.get(run_id)
        return run.state if run else None

    async def known(self, run_ids: Collection[str]) -> AbstractSet[str]:
        """Return which of these runs there are."""
        return self._runs.keys() & set(run_ids)

    async def spec(self, run_id: str) -> Mapping[str, object] | None:
        """Return what a run was started with; None when there is no such run."""
        run = self._runs.get(run_id)
        return (run.spec or {}) if run else None

    async def events(self, run_id: str, *, after: int = 0) -> tuple[Event, ...]:
        """Return the logged events of a run past a number, in order."""
        run = self._runs.get(run_id) or _Run()
        return tuple(event for seq, event in sorted(run.events.items()) if seq > after)

    async def delete(self, run_id: str) -> bool:
        """Remove a run with everything that belongs to it; return whether there was one. Raises `UnderWayError`."""
        if await self.state(run_id) == "running":
            raise UnderWayError(run_id)
        return self._runs.pop(run_id, None) is not None

    async def prune(self, *, before: datetime) -> int:
        """Remove runs that started earlier than that and are not under way; return how many."""
        over = [id_ for id_, run in self._runs.items() if run.started_at < before and run.state != "running"]
        for run_id in over:
            del self._runs[run_id]
        return len(over)

    def _run(self, run_id: str) -> _Run:
        return self._runs.setdefault(run_id, _Run())


def _searched(summary: RunSummary) -> tuple[str, str, str]:
    return summary.run_id, summary.task, summary.recipe


def _summary(run_id: str, run: _Run) -> RunSummary:
    plans = {key.revision: plan for key, plan in run.outcomes.items() if isinstance(plan, Plan)}
    done = {
        key.subtask_id
        for key, result in run.outcomes.items()
        if isinstance(result, WorkerResult) and result.status == "completed"
    }
    completed, total = progress(plans[max(plans)] if plans else None, run.sealed.keys(), done)
    task, recipe = titles_of(run.spec or {})
    return RunSummary(
        run_id=run_id,
        started_at=run.started_at,
        state=run.state,
        task=task,
        recipe=recipe,
        completed=completed,
        total=total,
        cost=sum((counted_cost(start, run.ends.get(id_)) for id_, start in run.starts.items()), FREE),
    )
