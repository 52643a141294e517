"""The plan: an analysis and the subtasks that the orchestrator chose for one task. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from stretto.core.errors import InputError, StrettoError
from stretto.core.text import replace_surrogates

PlanFormat = Literal["xml", "json"]
"""The markup in which the orchestrator is asked to write."""

AnalysisPlace = Literal["first", "last"]
"""Where the orchestrator is asked to write its analysis: before the subtasks, or after them."""

Tier = Literal["fast", "strong"]
"""How capable a model a subtask needs, in the orchestrator's judgement."""

HARD_CEILING = 1_000
"""A plan of more subtasks than this is an error, whatever the settings say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subtask:
    """One piece of work that a worker carries out."""

    type: str
    """Short name of the approach, as the orchestrator wrote it."""
    description: str
    """What the worker is to do."""
    tier: Tier | None = None
    """The model tier that the orchestrator asked for; None when it did not say."""
    id: str = ""
    """Issued when the subtask is sealed and never reused in its run; empty before that."""


PlanFault = Literal["empty", "truncated", "malformed", "too_many"]
"""empty: no subtask in it; truncated: it stops in the middle; malformed: a subtask in it cannot be read whole."""


class PlanError(StrettoError, ValueError):
    """The orchestrator's answer is not a plan; nothing of it is lost."""

    def __init__(
        self,
        message: str,
        *,
        fault: PlanFault = "malformed",
        raw: str = "",
        subtasks: Sequence[Subtask] = (),
        analysis: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.fault: PlanFault = fault
        self.raw = raw
        self.subtasks = tuple(subtasks)
        self.analysis = analysis


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What the orchestrator decided for one task."""

    subtasks: tuple[Subtask, ...]
    """In the orchestrator's order; never empty."""
    analysis: str = ""
    """The orchestrator's reading of the task; empty when it wrote none."""

    def find(self, subtask_id: str) -> Subtask:
        """Return the subtask with this id; raises `InputError` when there is none."""
        for subtask in self.subtasks:
            if subtask.id == subtask_id:
                return subtask
        known = ", ".join(subtask.id for subtask in self.subtasks)
        raise InputError(f"The plan has no subtask {subtask_id!r}. It has: {known}.")

    def remove(self, subtask_id: str) -> "Plan":
        """Return the plan without one subtask; raises `InputError` when it is unknown or the last one."""
        self.find(subtask_id)
        return self._with([subtask for subtask in self.subtasks if subtask.id != subtask_id])

    def add(self, type: str, description: str, *, tier: Tier | None = None) -> "Plan":
        """Return the plan with one more subtask at its end; its id is issued when the plan is run."""
        return self._with([*self.subtasks, Subtask(type=type, description=description, tier=tier)])

    def change(self, subtask_id: str, *, type: str | None = None, description: str | None = None) -> "Plan":
        """Return the plan with one subtask worded anew; what is None stays."""
        old = self.find(subtask_id)
        new = replace(old, type=type or old.type, description=description or old.description)
        return self._with([new if subtask is old else subtask for subtask in self.subtasks])

    def reorder(self, subtask_ids: Sequence[str]) -> "Plan":
        """Return the plan in another order; raises `InputError` unless every id is named exactly once."""
        if sorted(subtask_ids) != sorted(subtask.id for subtask in self.subtasks):
            known = ", ".join(subtask.id for subtask in self.subtasks)
            raise InputError(f"The new order {list(subtask_ids)!r} must name each of these once: {known}.")
        return self._with([self.find(subtask_id) for subtask_id in subtask_ids])

    def _with(self, subtasks: Sequence[Subtask]) -> "Plan":
        if not subtasks:
            raise InputError("A plan needs at least one subtask.")
        return replace(self, subtasks=tuple(subtasks))

    def to_dict(self) -> dict[str, object]:
        """Return the plan as JSON-ready data, the form of a plan file."""
        return {
            "analysis": self.analysis,
            "subtasks": [
                {"id": s.id, "type": s.type, "description": s.description} | ({"tier": s.tier} if s.tier else {})
                for s in self.subtasks
            ],
        }

    @classmethod
    def from_dict(cls, data: object) -> "Plan":
        """Read what `to_dict` wrote or a person edited; raises `PlanError` that names the faulty entry."""
        fields = _as_object(data)
        entries = fields.get("subtasks") if fields else None
        if not isinstance(entries, list) or not entries:
            raise PlanError('A plan needs "subtasks": a list of at least one {"type", "description"}.')
        listed = cast("list[object]", entries)
        if len(listed) > HARD_CEILING:
            raise PlanError(f"The plan has {len(listed)} subtasks; the ceiling is {HARD_CEILING}.", fault="too_many")
        analysis = fields.get("analysis", "") if fields else ""
        if not isinstance(analysis, str):
            raise PlanError(f'"analysis" must be text, got {analysis!r}.')
        return cls(
            analysis=replace_surrogates(analysis),
            subtasks=tuple(_read_entry(number, entry) for number, entry in enumerate(listed, 1)),
        )


def _as_object(data: object) -> Mapping[str, object] | None:
    return cast("Mapping[str, object]", data) if isinstance(data, Mapping) else None


def _read_entry(number: int, entry: object) -> Subtask:
    fields = _as_object(entry)
    if fields is None:
        raise PlanError(f"Subtask {number} must be an object with a type and a description, got {entry!r}.")
    texts: dict[str, str] = {}
    for name in ("id", "type", "description", "tier"):
        value = fields.get(name) or ""
        if not isinstance(value, str):
            raise PlanError(f'"{name}" of subtask {number} must be text, got {value!r}.')
        texts[name] = replace_surrogates(value).strip()
    if not texts["description"]:
        raise PlanError(f"Subtask {number} has no description.")
    if texts["tier"] not in ("", "fast", "strong"):
        raise PlanError(f'"tier" of subtask {number} must be "fast" or "strong", got {texts["tier"]!r}.')
    return Subtask(
        id=texts["id"],
        type=texts["type"] or "default",
        description=texts["description"],
        tier=texts["tier"] or None,
    )
