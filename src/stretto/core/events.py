"""What happens in a run, as frozen values in one stream: the same for programs and on `--json` lines. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stretto.core.jsonable import to_jsonable as to_jsonable
from stretto.core.models import Role
from stretto.core.plan import Plan, Subtask
from stretto.core.result import Failure, RunResult, SynthesisResult, SynthesisStrategy, WorkerResult
from stretto.core.usage import Cost, Quote, Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class EventBase:
    """What every event carries; both are stamped when it is sent."""

    seq: int = 0
    """Its number in the run, from 1."""
    at: float = 0.0
    """Seconds since the run began."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStarted(EventBase):
    """The run has begun; what was finished before a resume follows as ordinary events."""

    kind: Literal["run_started"] = "run_started"
    run_id: str
    task: str
    context: Mapping[str, str]
    recipe: str
    model: str
    """The orchestrator's."""
    worker_model: str
    synthesis_model: str
    """Empty when no synthesis was asked for."""
    labels: tuple[str, ...] = ()
    """What must stand beside the output of these models, such as that one is a demo."""
    resumed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalysisDelta(EventBase):
    """A piece of the orchestrator's analysis."""

    kind: Literal["analysis_delta"] = "analysis_delta"
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SubtaskSealed(EventBase):
    """A subtask was read to its end; it may start now."""

    kind: Literal["subtask_sealed"] = "subtask_sealed"
    subtask: Subtask


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRetrying(EventBase):
    """The plan did not come whole or could not be read; the orchestrator is asked again."""

    kind: Literal["plan_retrying"] = "plan_retrying"
    how: Literal["retry", "repair", "continue"]
    """retry: from the start; repair: shown what was wrong; continue: asked for what is missing."""
    reason: Failure
    attempt: int
    """The call that is going to be made, from 2."""
    model: str = ""
    """The model that is asked next."""
    seconds: float = 0.0
    """How long is waited before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanCompleted(EventBase):
    """The plan is whole."""

    kind: Literal["plan_completed"] = "plan_completed"
    plan: Plan
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewRequested(EventBase):
    """The run waits for somebody to look at the plan."""

    kind: Literal["review_requested"] = "review_requested"
    plan: Plan
    quote: Quote


@dataclass(frozen=True, kw_only=True, slots=True)
class RunWaiting(EventBase):
    """Calls to a model are held back."""

    kind: Literal["run_waiting"] = "run_waiting"
    cause: Literal["gate", "breaker"]
    model: str
    message: str
    seconds: float | None = None
    """How long, where it is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEnded(EventBase):
    """One call to a model is over, whether or not its answer counts; what comes of it follows as its own event."""

    kind: Literal["call_ended"] = "call_ended"
    role: Role
    subtask_id: str
    """Empty for the orchestrator and the synthesis."""
    attempt: int
    """Which call for this answer it was, from 1."""
    model: str
    streamed: bool
    seconds: float
    """How long it took, until now."""
    usage: Usage
    """What it counts as."""
    cost: Cost
    reported: bool
    """Whether the provider reported its usage; otherwise it counts as its reservation."""
    error: Failure | None = None
    """Why its answer does not count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerStarted(EventBase):
    """A worker began one subtask."""

    kind: Literal["worker_started"] = "worker_started"
    subtask_id: str
    attempt: int = 1
    model: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerDelta(EventBase):
    """A piece of a worker's answer; void once a later attempt begins."""

    kind: Literal["worker_delta"] = "worker_delta"
    subtask_id: str
    attempt: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerRetrying(EventBase):
    """A worker's answer cannot count and it is asked again, or a second call was quicker than a slow one."""

    kind: Literal["worker_retrying"] = "worker_retrying"
    subtask_id: str
    attempt: int
    """The attempt that is going to be made, from 2."""
    reason: Failure
    model: str
    """The model that is asked next."""
    seconds: float = 0.0
    """How long is waited before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerCompleted(EventBase):
    """A subtask has its result."""

    kind: Literal["worker_completed"] = "worker_completed"
    result: WorkerResult


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerFailed(EventBase):
    """A subtask has no result and will not get one in this run."""

    kind: Literal["worker_failed"] = "worker_failed"
    result: WorkerResult


@dataclass(frozen=True, kw_only=True, slots=True)
class SubtaskSuperseded(EventBase):
    """A subtask that was started early is not in the final plan."""

    kind: Literal["subtask_superseded"] = "subtask_superseded"
    result: WorkerResult


@dataclass(frozen=True, kw_only=True, slots=True)
class SubtaskSkipped(EventBase):
    """A subtask was not started: past a limit."""

    kind: Literal["subtask_skipped"] = "subtask_skipped"
    result: WorkerResult


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthesisStarted(EventBase):
    """The synthesis began."""

    kind: Literal["synthesis_started"] = "synthesis_started"
    strategy: SynthesisStrategy
    attempt: int = 1
    model: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthesisDelta(EventBase):
    """A piece of the synthesis; void once a later attempt begins."""

    kind: Literal["synthesis_delta"] = "synthesis_delta"
    attempt: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthesisCompleted(EventBase):
    """The synthesis is there."""

    kind: Literal["synthesis_completed"] = "synthesis_completed"
    result: SynthesisResult


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthesisFailed(EventBase):
    """There is no synthesis; the results stand."""

    kind: Literal["synthesis_failed"] = "synthesis_failed"
    result: SynthesisResult


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCompleted(EventBase):
    """The run is over; its status says how."""

    kind: Literal["run_completed"] = "run_completed"
    result: RunResult


Event = (
    RunStarted
    | AnalysisDelta
    | SubtaskSealed
    | PlanRetrying
    | PlanCompleted
    | ReviewRequested
    | RunWaiting
    | CallEnded
    | WorkerStarted
    | WorkerDelta
    | WorkerRetrying
    | WorkerCompleted
    | WorkerFailed
    | SubtaskSuperseded
    | SubtaskSkipped
    | SynthesisStarted
    | SynthesisDelta
    | SynthesisCompleted
    | SynthesisFailed
    | RunCompleted
)
