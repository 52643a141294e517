"""The job of one row and its outcome, as JSON-ready values for any machine. They hold no secret."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from stretto.core.causes import by_cause
from stretto.core.errors import OF_THE_ANSWER, ErrorKind
from stretto.core.plan import Plan
from stretto.core.result import RunResult, RunStatus

FINAL: frozenset[ErrorKind] = OF_THE_ANSWER | frozenset[ErrorKind](("plan", "limit"))
"""Kinds that lie in the row itself: running it again as it is would most likely end in the same way."""


NO_CONTEXT: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What is done with every row of a batch."""

    key: str
    """The same for the same recipe, task, models and settings."""
    spec: Mapping[str, Any]
    """What each row's run is started with, but for its task, context and plan."""
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    """Context that every row has beside its own, such as a brand guide."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What must stand beside the output of the models."""
        return tuple(self.spec["labels"])

    def to_dict(self) -> dict[str, object]:
        """Return the work as JSON-ready data."""
        return {"key": self.key, "spec": dict(self.spec), "context": dict(self.context)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Work":
        """Return what `to_dict` wrote."""
        return cls(**data)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowJob:
    """One row, with everything that running it anywhere takes, but for the keys of the models."""

    run_id: str
    """Made of the row and the work: the same row is the same run, in every process."""
    work: Work
    task: str
    context: Mapping[str, str]
    """Its own; the work's is the same for all rows."""
    plan: Plan | None = None
    """The only texts that are wanted; None to ask the orchestrator."""
    retry_errors: bool = False
    """Whether what failed for good in an earlier run is tried again."""

    @property
    def spec(self) -> dict[str, object]:
        """Return what the row's run is started with, as a journal keeps it."""
        plan = self.plan.to_dict() if self.plan else None
        return {**self.work.spec, "task": self.task, "context": self.whole_context, "plan": plan}

    @property
    def whole_context(self) -> dict[str, str]:
        """Context for the models: what all rows share comes first, so that it can be cached."""
        return {**self.work.context, **self.context}

    def to_dict(self, *, whole: bool = True) -> dict[str, object]:
        """Return the job as JSON-ready data; without `whole` only the key of the work, which is stored elsewhere."""
        return {
            "run_id": self.run_id,
            "work": self.work.to_dict() if whole else self.work.key,
            "task": self.task,
            "context": dict(self.context),
            "plan": self.plan.to_dict() if self.plan else None,
            "retry_errors": self.retry_errors,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, work: Work | None = None) -> "RowJob":
        """Return what `to_dict` wrote; `work` is what was stored elsewhere."""
        plan = data["plan"]
        return cls(
            run_id=data["run_id"],
            work=work or Work.from_dict(data["work"]),
            task=data["task"],
            context=data["context"],
            plan=Plan.from_dict(plan) if plan else None,
            retry_errors=data["retry_errors"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RowOutcome:
    """What came of a row, in short; the texts are in the journal."""

    run_id: str
    status: RunStatus
    texts: int
    """Variants that are there."""
    planned: int
    calls: int
    """Model calls that were made now; 0 when the row was finished before."""
    cost_usd: float | None
    """Of the row in all, earlier runs included; None when it is not known."""
    seconds: float
    reused: bool
    """Whether nothing was left to do."""
    error: str = ""
    """What is missing and why; empty when nothing is."""
    remarked: int = 0
    """Texts that a check has a remark on."""
    kinds: tuple[ErrorKind, ...] = ()
    """Of the failures, each once."""
    causes: tuple[str, ...] = ()
    """What is missing for, one sentence for each cause; empty where `error` says it all."""

    @property
    def worth_retrying(self) -> bool:
        """Whether circumstances, and not the row, are why something is missing."""
        return bool(set(self.kinds) - FINAL)

    @classmethod
    def of(cls, result: RunResult, *, calls: int, reused: bool) -> "RowOutcome":
        """Return a row's result in short."""
        kinds: list[ErrorKind] = [gap.failure.kind for gap in result.shortfall]
        return cls(
            run_id=result.run_id,
            status=result.status,
            texts=sum(worker.status == "completed" for worker in result.results),
            planned=len(result.results),
            calls=calls,
            cost_usd=float(result.cost.usd) if result.cost.complete else None,
            seconds=result.seconds,
            reused=reused,
            remarked=sum(worker.status == "completed" and bool(worker.findings) for worker in result.results),
            error="; ".join(f"{gap.what}: {gap.failure}" for gap in result.shortfall),
            kinds=tuple(dict.fromkeys(kinds)),
            causes=tuple(by_cause(str(gap.failure) for gap in result.shortfall).values()),
        )

    def to_dict(self) -> dict[str, object]:
        """Return the outcome as JSON-ready data."""
        return {**asdict(self), "kinds": list(self.kinds), "causes": list(self.causes)}
