"""The port to the journal: the append-only truth of a run. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from stretto.core.errors import ErrorKind
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


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeKey:
    """Where an outcome is kept; the first write under a key wins."""

    role: Role
    subtask_id: str = ""
    revision: int = 0
    """For the orchestrator: 0 is the plan as written, 1 the plan as reviewed."""


Outcome = Plan | WorkerResult | SynthesisResult
OutcomeT = TypeVar("OutcomeT", Plan, WorkerResult, SynthesisResult)

RunState = Literal["running", "complete", "partial", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedRun:
    """What the journal knows of a run. Keyed records only: resuming never depends on an order of calls."""

    sealed: tuple[Subtask, ...] = ()
    """Every subtask that was sealed, in the order of its id."""
    analysis: str = ""
    """What was known of the analysis when the first subtask was sealed."""
    outcomes: Mapping[OutcomeKey, Outcome] = field(default_factory=dict[OutcomeKey, Outcome])
    starts: Mapping[str, CallStart] = field(default_factory=dict[str, CallStart])
    """By call id."""
    ends: Mapping[str, CallEnd] = field(default_factory=dict[str, CallEnd])
    """By call id."""


class Journal(Protocol):
    """Keeps runs. A method returns only when what it was given is safe."""

    async def open_run(self, run_id: str, spec: Mapping[str, object]) -> None:
        """Note that a run exists and what it was started with; a second call for the same run changes nothing."""
        ...

    async def load(self, run_id: str) -> SavedRun:
        """Return what is known of a run; an empty one when it is new."""
        ...

    async def seal(self, run_id: str, subtask: Subtask, *, analysis: str) -> None:
        """Note a sealed subtask, before it starts."""
        ...

    async def start_call(self, run_id: str, call: CallStart) -> None:
        """Note a call, before it is made."""
        ...

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Note how a call ended."""
        ...

    async def record(self, run_id: str, key: OutcomeKey, outcome: OutcomeT) -> OutcomeT:
        """Keep an outcome and return the one that stands: an earlier one under the same key wins."""
        ...

    async def close_run(self, run_id: str, state: RunState) -> None:
        """Note how the run ended."""
        ...
