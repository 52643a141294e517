"""What the caller gets back: one result per subtask, a synthesis, and what is missing. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from stretto.core.checks import Finding
from stretto.core.errors import ErrorKind, ModelError, StrettoError
from stretto.core.jsonable import json_text, to_jsonable
from stretto.core.plan import PlanError, Subtask
from stretto.core.text import for_file
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
    findings: tuple[Finding, ...] = ()
    """Findings on how its text was read."""
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


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RunResult:
    """Everything that came of one run, and what it was asked for."""

    run_id: str
    status: RunStatus
    """complete: nothing is missing; partial: see `shortfall`; failed: no result at all."""
    labels: tuple[str, ...] = ()
    """What must stand beside the texts, such as that a demo wrote them."""
    task: str = ""
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    recipe: str = ""
    """The recipe's name."""
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

    @property
    def final_state(self) -> Literal["complete", "partial", "failed", "declined", "planned"]:
        """How the journal lists the run: its status, or why nothing of its plan was run."""
        kinds = {gap.failure.kind for gap in self.shortfall}
        return "declined" if "declined" in kinds else "planned" if "planned" in kinds else self.status

    def to_dict(self) -> dict[str, object]:
        """Return everything as JSON-ready data, in the shape of the file that `stretto run -o x.json` writes."""
        return cast("dict[str, object]", to_jsonable(self))

    def to_json(self) -> str:
        """Return what `to_dict` returns as text: JSON on several lines, letters of any script as they are."""
        return json_text(self.to_dict(), indent=2) + "\n"

    def raise_for_status(self) -> "RunResult":
        """Return the result if nothing is missing; otherwise raise `IncompleteError`, which names all that is.

        A partial run raises, too: who can use a part looks at `status`, or takes `error.result`.
        """
        if self.status == "complete":
            return self
        # A cause's own hint comes with it.
        gaps = " ".join(f"{gap.what}: {gap.failure}" for gap in self.shortfall)
        raise IncompleteError(f"Run {self.run_id} is {self.status}, with {self._count()}. Missing: {gaps}", result=self)

    def __repr__(self) -> str:
        return f"<RunResult {self.run_id} {self.status}: {self._count()}, {self.cost}, {self.seconds:.1f} s>"

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows: how it ended, and the texts under their types."""
        parts = [*(f"*{label}*" for label in self.labels), f"**{self.status}**: {self._count()}, {self.cost}"]
        parts += [f"- missing: {gap.what}: {gap.failure}" for gap in self.shortfall]
        for item in self.results:
            parts += [f"### {item.type}", item.text or f"*{item.error or item.status}*"]
            parts += [f"- {finding.message}" for finding in item.findings]
        if self.synthesis is not None:
            parts += ["### Synthesis", self.synthesis.text or f"*{self.synthesis.error or self.synthesis.status}*"]
        return for_file("\n\n".join(parts))

    def _count(self) -> str:
        done = sum(item.status == "completed" for item in self.results)
        return f"{done} of {len(self.results)} results"


class IncompleteError(StrettoError):
    """A run did not bring all that was asked for; `result` has what it brought. See `RunResult.raise_for_status`."""

    def __init__(self, message: str, *, result: RunResult, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.result = result
