"""What the caller gets back: one result per subtask, a synthesis, and what is missing. No I/O."""

from dataclasses import dataclass
from typing import Literal

from stretto.core.checks import Finding
from stretto.core.errors import ErrorKind, ModelError, PlanError, StrettoError
from stretto.core.plan import Subtask
from stretto.core.usage import FREE, NO_USAGE, Cost, Usage

WorkerStatus = Literal["completed", "failed", "skipped", "superseded"]
"""superseded: started early, but the finished plan does not contain it."""

RunStatus = Literal["complete", "partial", "failed"]

SynthesisStrategy = Literal["none", "merge", "compare"]
"""merge: one text out of all results; compare: what each is good for, and a recommendation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why something is missing, as data."""

    kind: ErrorKind
    message: str
    """One line."""
    hint: str = ""
    """The next step for the user; empty when there is none."""
    raw: str = ""
    """What the model wrote, where that is what could not be used; empty otherwise."""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def to_error(self) -> StrettoError:
        """Return the error to raise where there is no result to put the failure in."""
        if self.kind == "plan":
            return PlanError(self.message, raw=self.raw, hint=self.hint)
        return ModelError(self.message, kind=self.kind, hint=self.hint)

    @classmethod
    def of(cls, error: StrettoError) -> "Failure":
        """Return an error as data."""
        if isinstance(error, ModelError):
            return cls(kind=error.kind, message=error.message, hint=error.hint)
        if isinstance(error, PlanError):
            return cls(kind="plan", message=error.message, hint=error.hint, raw=error.raw)
        return cls(kind="unexpected", message=error.message, hint=error.hint)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerResult:
    """The outcome of one subtask."""

    subtask: Subtask
    revision: int = 0
    """0 for the first outcome of the subtask, one more for every rerun."""
    status: WorkerStatus
    text: str = ""
    """The worker's answer; empty unless `status` is completed."""
    error: Failure | None = None
    """Set unless `status` is completed."""
    findings: tuple[Finding, ...] = ()
    """What checks remarked about a text that was kept."""
    model: str = ""
    """The model that gave the answer; empty when none did."""
    attempts: int = 0
    """Model calls made for this subtask."""
    seconds: float = 0.0
    """From the start of the first attempt to the outcome."""
    usage: Usage = NO_USAGE
    """Over all attempts."""
    cost: Cost = FREE
    """Over all attempts."""

    @property
    def type(self) -> str:
        """The subtask's type."""
        return self.subtask.type

    @property
    def description(self) -> str:
        """The subtask's description."""
        return self.subtask.description


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthesisResult:
    """The outcome of the synthesis."""

    strategy: SynthesisStrategy
    status: Literal["completed", "failed", "skipped"]
    text: str = ""
    error: Failure | None = None
    model: str = ""
    attempts: int = 0
    seconds: float = 0.0
    usage: Usage = NO_USAGE
    cost: Cost = FREE


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortfall:
    """What was asked for and is not in the result, one entry per cause."""

    what: str
    """What is missing, as a person would say it."""
    failure: Failure
    subtask_ids: tuple[str, ...] = ()
    """The subtasks this one cause left without a result; empty when it is the plan or the synthesis."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """Everything that came of one run."""

    run_id: str
    status: RunStatus
    """complete: nothing is missing; partial: see `shortfall`; failed: no result at all."""
    analysis: str
    results: tuple[WorkerResult, ...]
    """One per subtask of the final plan, in the plan's order, whatever their status."""
    synthesis: SynthesisResult | None = None
    """None when no synthesis was asked for."""
    superseded: tuple[WorkerResult, ...] = ()
    """Early starts that the final plan does not contain; their cost is in `cost`."""
    shortfall: tuple[Shortfall, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is complete and still worth knowing, such as a plan outside the range asked for."""
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    seconds: float = 0.0

    @property
    def declined(self) -> bool:
        """Whether a person who reviewed the plan wanted nothing of it run; its status is failed then."""
        return any(gap.failure.kind == "declined" for gap in self.shortfall)
