"""Which subtasks a run has sealed: those noted one by one, and those that came with a plan. Pure."""

from collections.abc import Iterable, Mapping

from stretto.core.journal import Outcome, OutcomeKey
from stretto.core.plan import Plan, Subtask
from stretto.journal.keys import in_order


def every_sealed(noted: Iterable[Subtask], outcomes: Mapping[OutcomeKey, Outcome]) -> tuple[Subtask, ...]:
    """Return each subtask as it was sealed first, in the order of its id."""
    plans = {key.revision: plan for key, plan in outcomes.items() if isinstance(plan, Plan)}
    known = {subtask.id: subtask for subtask in noted}
    for _, plan in sorted(plans.items()):
        for subtask in plan.subtasks:
            known.setdefault(subtask.id, subtask)
    return tuple(sorted(known.values(), key=lambda subtask: in_order(subtask.id)))
