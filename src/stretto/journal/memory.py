"""A journal that lives as long as the process: for runs that need not survive it, and for tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stretto.core.events import Event
from stretto.core.journal import CallEnd, CallStart, Outcome, OutcomeKey, OutcomeT, Revision, RunState, SavedRun
from stretto.core.plan import Subtask


@dataclass(kw_only=True, slots=True)
class _Run:
    spec: Mapping[str, object] = field(default_factory=dict[str, object])
    state: RunState = "running"
    sealed: list[Subtask] = field(default_factory=list[Subtask])
    analysis: str = ""
    outcomes: dict[OutcomeKey, Outcome] = field(default_factory=dict[OutcomeKey, Outcome])
    revisions: list[Revision] = field(default_factory=list[Revision])
    events: dict[int, Event] = field(default_factory=dict[int, Event])
    starts: dict[str, CallStart] = field(default_factory=dict[str, CallStart])
    ends: dict[str, CallEnd] = field(default_factory=dict[str, CallEnd])


class MemoryJournal:
    """Implements the `Journal` port without any file."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}

    async def open_run(self, run_id: str, spec: Mapping[str, object]) -> None:
        """Note what the run was started with; the first note stands."""
        self._run(run_id).spec = self._run(run_id).spec or dict(spec)

    async def load(self, run_id: str) -> SavedRun:
        """Return a copy of what is known."""
        run = self._run(run_id)
        return SavedRun(
            sealed=tuple(run.sealed),
            analysis=run.analysis,
            outcomes=dict(run.outcomes),
            revisions=tuple(run.revisions),
            last_seq=max(run.events, default=0),
            starts=dict(run.starts),
            ends=dict(run.ends),
        )

    async def seal(self, run_id: str, subtask: Subtask, *, analysis: str) -> None:
        """Keep a sealed subtask; the analysis is kept with the first one."""
        run = self._run(run_id)
        run.analysis = run.analysis or analysis
        run.sealed.append(subtask)

    async def start_call(self, run_id: str, call: CallStart) -> None:
        """Keep a call's start."""
        self._run(run_id).starts[call.call_id] = call

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Keep a call's end."""
        self._run(run_id).ends[call.call_id] = call

    async def record(self, run_id: str, key: OutcomeKey, outcome: OutcomeT) -> OutcomeT:
        """Keep an outcome unless there is one; return the one that stands."""
        standing = self._run(run_id).outcomes.setdefault(key, outcome)
        return standing if isinstance(standing, type(outcome)) else outcome

    async def revise(self, run_id: str, revision: Revision) -> None:
        """Keep an opened revision."""
        self._run(run_id).revisions.append(revision)

    async def log(self, run_id: str, events: Sequence[Event]) -> None:
        """Keep events by their number."""
        for event in events:
            self._run(run_id).events.setdefault(event.seq, event)

    async def close_run(self, run_id: str, state: RunState) -> None:
        """Note how the run ended."""
        self._run(run_id).state = state

    def _run(self, run_id: str) -> _Run:
        return self._runs.setdefault(run_id, _Run())
