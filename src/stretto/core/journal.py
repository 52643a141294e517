"""The port to the journal: the append-only truth of a run. No I/O."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from stretto.core.errors import ErrorKind
from stretto.core.events import Event
from stretto.core.models import Role
from stretto.core.plan import Plan, Subtask
from stretto.core.result import SynthesisResult, WorkerResult
from stretto.core.usage import Cost, Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class CallStart:
    """A model call that is about to be made."""

    call_id: str
    """Unique; never reused."""
    role: Role
    subtask_id: str = ""
    """Empty for the orchestrator and the synthesis."""
    revision: int = 0
    model: str
    reserved: Usage
    """The most it can take; what counts when its end is never seen."""
    reserved_cost: Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEnd:
    """How a model call ended."""

    call_id: str
    usage: Usage | None
    """None when the provider reported none: the reservation then counts."""
    cost: Cost
    error: ErrorKind | None = None
    """None when the answer was whole."""
    sent: bool = True
    """False when it was given up before its request left: it is no call, and counts as none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeKey:
    """Where an outcome is kept; the first write under a key wins."""

    role: Role
    subtask_id: str = ""
    revision: int = 0
    """For the orchestrator: 0 is the plan as written, 1 the plan as reviewed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """A subtask that was asked for again, by a person. The old result stands until the new one is there."""

    subtask_id: str
    revision: int
    """From 1, one more each time."""
    note: str = ""
    """What the person wants to be different; empty to simply try again."""


Outcome = Plan | WorkerResult | SynthesisResult
OutcomeT = TypeVar("OutcomeT", Plan, WorkerResult, SynthesisResult)

RunState = Literal["running", "complete", "partial", "failed", "declined", "planned"]
ListedState = Literal["running", "complete", "partial", "failed", "declined", "planned", "interrupted"]
"""running: somebody is carrying it out; interrupted: nobody is, and it did not come to its end; declined: nobody wanted
its plan run; planned: only its plan was asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedRun:
    """What the journal knows of a run. Keyed records only: resuming never depends on an order of calls."""

    sealed: tuple[Subtask, ...] = ()
    """Every subtask that was sealed, by itself or with a plan, in the order of its id."""
    analysis: str = ""
    """What was known of the analysis when the first subtask was sealed."""
    outcomes: Mapping[OutcomeKey, Outcome] = field(default_factory=dict[OutcomeKey, Outcome])
    revisions: tuple[Revision, ...] = ()
    """Every revision that was opened, oldest first."""
    last_seq: int = 0
    """Number of the last event that was logged."""
    starts: Mapping[str, CallStart] = field(default_factory=dict[str, CallStart])
    """By call id."""
    ends: Mapping[str, CallEnd] = field(default_factory=dict[str, CallEnd])
    """By call id."""

    @property
    def calls(self) -> Mapping[str, CallStart]:
        """The starts of what was a call, by call id: without those that were given up before their request left."""
        return {call_id: start for call_id, start in self.starts.items() if self._was_sent(call_id)}

    def _was_sent(self, call_id: str) -> bool:
        end = self.ends.get(call_id)
        return end is None or end.sent


class Journal(Protocol):
    """Keeps runs. A method returns only when what it was given is safe."""

    async def open_run(self, run_id: str, spec: Mapping[str, object]) -> bool:
        """Note what a run is started with, and that it is under way here; return whether it is new.

        Nothing is changed when it is not; what is known already is gone on with by `hold_run`.
        """
        ...

    async def hold_run(self, run_id: str, *, take_over: bool = False) -> RunState:
        """Note that a known run is under way here; return how it ended before, "running" when it did not.

        Raises `UnderWayError` when it is under way already, here or elsewhere; `take_over` is for who knows better
        that nobody else is to carry it out.
        """
        ...

    async def leave_run(self, run_id: str) -> None:
        """Note that a run is no longer under way here. One that was closed stays as it is."""
        ...

    async def load(self, run_id: str) -> SavedRun:
        """Return what is known of a run; an empty one when it is new."""
        ...

    async def seal(self, run_id: str, *subtasks: Subtask, analysis: str) -> None:
        """Note subtasks that are sealed before their plan is whole, before any of them starts."""
        ...

    async def start_call(self, run_id: str, call: CallStart) -> None:
        """Note a call, before it is made."""
        ...

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Note how a call ended."""
        ...

    async def record(
        self, run_id: str, key: OutcomeKey, outcome: OutcomeT, *, ended: CallEnd | None = None
    ) -> OutcomeT:
        """Keep an outcome and return the one that stands: an earlier one under the same key wins.

        A plan seals its subtasks with it.
        `ended` is the end of the call that brought it. It is kept with it, whichever outcome stands: an answer that
        is there is never on its way to the journal for longer than one write takes.
        """
        ...

    async def revise(self, run_id: str, revision: Revision) -> None:
        """Note that a subtask is asked for again, before it is."""
        ...

    def keeps(self, event: Event) -> bool:
        """Whether such an event is to be logged."""
        ...

    async def log(self, run_id: str, events: Sequence[Event]) -> None:
        """Keep events for late readers, by their number; an event already kept stays as it is."""
        ...

    async def close_run(self, run_id: str, state: RunState) -> None:
        """Note how the run ended, unless somebody else has it under way by now."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSummary:
    """One line in the list of runs."""

    run_id: str
    started_at: datetime
    """With its time zone, UTC."""
    state: ListedState
    task: str
    recipe: str
    completed: int
    """Subtasks that have their result."""
    total: int
    """Subtasks of the plan, or those sealed so far."""
    cost: Cost


class Archive(Protocol):
    """What people ask a journal about runs that are over, or are not theirs."""

    async def list_runs(
        self, *, states: Sequence[ListedState] = (), search: str = "", limit: int = 50
    ) -> tuple[RunSummary, ...]:
        """Return runs, newest first; `search` looks into task, recipe and run id."""
        ...

    async def state(self, run_id: str) -> ListedState | None:
        """Return how a run stands; None when there is no such run."""
        ...

    async def known(self, run_ids: Collection[str]) -> AbstractSet[str]:
        """Return which of these runs there are; cheap, also for those that there are not."""
        ...

    async def spec(self, run_id: str) -> Mapping[str, object] | None:
        """Return what a run was started with; None when there is no such run."""
        ...

    async def events(self, run_id: str, *, after: int = 0) -> tuple[Event, ...]:
        """Return the logged events of a run, in order, past number `after`."""
        ...

    async def delete(self, run_id: str) -> bool:
        """Remove a run with everything that belongs to it; return whether there was one.

        Raises `UnderWayError` when it is under way.
        """
        ...

    async def prune(self, *, before: datetime) -> int:
        """Remove runs that started earlier than that and are not under way; return how many."""
        ...
