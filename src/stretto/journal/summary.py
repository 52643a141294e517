"""What one line in the list of runs counts. Pure."""

from collections.abc import Set as AbstractSet

from stretto.core.journal import CallEnd, CallStart
from stretto.core.plan import Plan
from stretto.core.usage import Cost


def progress(plan: Plan | None, sealed: AbstractSet[str], completed: AbstractSet[str]) -> tuple[int, int]:
    """Return how many subtasks have their result, of how many: those of the plan, or those sealed so far."""
    ids = {subtask.id for subtask in plan.subtasks} if plan else sealed
    return len(ids & completed), len(ids)


def counted_cost(start: CallStart, end: CallEnd | None) -> Cost:
    """Return what a call costs: its reservation where its real cost was never seen."""
    return start.reserved_cost if end is None or end.usage is None else end.cost
