"""What a model is told about an answer that cannot be used."""

import json

import pytest

from stretto.core.plan import PlanError, Subtask
from stretto.core.task import read_blocks
from stretto.recipes import continue_plan, mend_answer, repair_plan


def test_a_repair_says_what_was_wrong_and_asks_for_the_whole_plan():
    """The model reads the fault in one line and the markup again, in the recipe's format."""
    error = PlanError("No subtask\nin it.", raw="x")
    xml = repair_plan(error)
    assert "cannot be read as a plan: No subtask in it." in xml
    assert "<tasks>" in xml
    assert "<tier>" in repair_plan(error, tiers=True)
    assert '"tasks"' in repair_plan(error, "json")
    assert "<tasks>" not in repair_plan(error, "json")


def test_a_continuation_lists_what_is_assigned_and_allows_nothing():
    """What runs already is listed in a block; an empty plan is a valid answer."""
    assigned = [Subtask(type="a]\n[", description="first\nline"), Subtask(type="b", description="second")]
    text = continue_plan(assigned, "xml")
    assert read_blocks(text) == {"assigned": "1. a] [: first line\n2. b: second"}
    assert text.endswith("<tasks>\n</tasks>")


def test_both_ask_for_the_analysis_where_the_recipe_wants_it():
    """A recipe with the analysis last has it last in a repair and in a continuation, too."""
    repair = repair_plan(PlanError("No subtask in it."), analysis="last")
    more = continue_plan([], "json", analysis="last")
    assert repair.index("</tasks>") < repair.index("<analysis>")
    assert more.index('"tasks"') < more.index('"analysis"')


def test_a_continuation_in_json_ends_with_an_empty_plan_in_json():
    """The valid empty answer is JSON where plans are JSON."""
    assert json.loads(continue_plan([], "json").splitlines()[-1]) == {"analysis": "", "tasks": []}


@pytest.mark.parametrize("reason", ["Too long.", "Too\n\nlong."])
def test_a_worker_is_told_the_reason_and_asked_for_the_whole_text(reason: str):
    """The reason comes in one line, and the whole text is asked for again."""
    text = mend_answer(reason)
    assert text.startswith("Your answer cannot be used: Too")
    assert "\n\nlong" not in text
    assert "whole text again" in text
    assert "<response>" in text
