"""What the records of a run add up to: its sealed subtasks, its progress, the cost of a call. Pure."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from stretto.core.journal import CallEnd, CallStart, Outcome, OutcomeKey
from stretto.core.plan import Plan, Subtask
from stretto.core.usage import Cost
from stretto.journal.keys import in_order


def every_sealed(sealed: Iterable[Subtask], outcomes: Mapping[OutcomeKey, Outcome]) -> tuple[Subtask, ...]:
    """Return each subtask as it was sealed first, in the order of its id."""
    plans = {key.revision: plan for key, plan in outcomes.items() if isinstance(plan, Plan)}
    known = {subtask.id: subtask for subtask in sealed}
    for _, plan in sorted(plans.items()):
        for subtask in plan.subtasks:
            known.setdefault(subtask.id, subtask)
    return tuple(sorted(known.values(), key=lambda subtask: in_order(subtask.id)))


def progress(plan: Plan | None, sealed: AbstractSet[str], completed: AbstractSet[str]) -> tuple[int, int]:
    """Return how many subtasks have their result, of how many: those of the plan, or those sealed so far."""
    ids = {subtask.id for subtask in plan.subtasks} if plan else sealed
    return len(ids & completed), len(ids)


def counted_cost(start: CallStart, end: CallEnd | None) -> Cost:
    """Return what a call costs: its reservation where its real cost was never seen."""
    return start.reserved_cost if end is None or end.usage is None else end.cost
