"""Follow-up prompts: repair or continue a plan, correct or revise an answer. No I/O."""

from collections.abc import Sequence

from stretto.core.plan import AnalysisPlace, PlanError, PlanFormat, Subtask
from stretto.core.task import render_block
from stretto.recipes.markup import plan_markup

_EMPTY_PLAN = {
    "xml": "<analysis>\n</analysis>\n<tasks>\n</tasks>",
    "json": '{"analysis": "", "tasks": []}',
}


def repair_plan(
    error: PlanError, plan_format: PlanFormat = "xml", *, tiers: bool = False, analysis: AnalysisPlace = "first"
) -> str:
    """Return the reply to an answer that is no readable plan; a whole new plan is asked for."""
    reason = " ".join(error.message.split())
    return (
        f"Your answer cannot be read as a plan: {reason}\n\n"
        "Write the whole plan again, from its beginning: the same subtasks where they were sound, each with a type and "
        f"a description.\n\n{plan_markup(plan_format, tiers=tiers, analysis=analysis)}"
    )


def continue_plan(
    assigned: Sequence[Subtask],
    plan_format: PlanFormat = "xml",
    *,
    tiers: bool = False,
    analysis: AnalysisPlace = "first",
) -> str:
    """Return the reply to a plan that stopped before its end; only what is not in `assigned` is asked for."""
    listed = "\n".join(
        f"{number}. {' '.join(subtask.type.split())}: {' '.join(subtask.description.split())}"
        for number, subtask in enumerate(assigned, 1)
    )
    return (
        "Your plan stopped before its end. These subtasks arrived whole and are being worked on already:\n\n"
        f"{render_block('assigned', listed)}\n\n"
        "Write only the subtasks that are still missing; repeat none of these and do not reword them.\n\n"
        f"{plan_markup(plan_format, tiers=tiers, analysis=analysis)}\n\n"
        f"If nothing is missing, answer with an empty plan:\n\n{_EMPTY_PLAN[plan_format]}"
    )


def revise_answer(note: str) -> str:
    """Return the reply to a text that is good, and that a person wants to be different."""
    return (
        "Write the text anew, whole, between <response> and </response>, as the person who asked for it wants it now:"
        f"\n\n{render_block('wish', note)}"
    )


def mend_answer(reason: str) -> str:
    """Return the reply to a text that cannot be used; the whole text is asked for again."""
    return (
        f"Your answer cannot be used: {' '.join(reason.split())}\n\n"
        "Write the whole text again with that put right, not only the changed part and without a word about the "
        "change, between <response> and </response>."
    )
