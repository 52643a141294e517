"""Plans are data: edited, written and read back."""

import pytest

from stretto import Plan, PlanError, Subtask
from stretto.core.errors import InputError

PLAN = Plan(
    analysis="why",
    subtasks=(
        Subtask(id="s1", type="a", description="do a"),
        Subtask(id="s2", type="b", description="do b", tier="strong"),
    ),
)


def test_a_plan_survives_a_file():
    """What `to_dict` writes, `from_dict` reads back unchanged."""
    assert Plan.from_dict(PLAN.to_dict()) == PLAN


def test_edits_return_new_plans():
    """Remove, add, change and reorder leave the old plan as it is."""
    assert [s.id for s in PLAN.remove("s1").subtasks] == ["s2"]
    assert PLAN.add("c", "do c", tier="fast").subtasks[-1] == Subtask(type="c", description="do c", tier="fast")
    assert PLAN.change("s2", type="z").subtasks[1].description == "do b"
    assert PLAN.change("s2", description="else").subtasks[1].type == "b"
    assert [s.id for s in PLAN.reorder(["s2", "s1"]).subtasks] == ["s2", "s1"]
    assert [s.id for s in PLAN.subtasks] == ["s1", "s2"]


def test_an_impossible_edit_says_what_there_is():
    """An unknown id, an incomplete order and an empty plan are errors that name what is known."""
    with pytest.raises(InputError, match=r"no subtask 's9'.*s1, s2"):
        PLAN.remove("s9")
    with pytest.raises(InputError, match="each of these once: s1, s2"):
        PLAN.reorder(["s1", "s1"])
    with pytest.raises(InputError, match="at least one"):
        PLAN.remove("s1").remove("s2")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "needs"),
        ([], "needs"),
        ({}, "needs"),
        ({"subtasks": []}, "needs"),
        ({"subtasks": "a"}, "needs"),
        ({"subtasks": ["a"]}, "Subtask 1 must be an object"),
        ({"subtasks": [{"type": "a", "description": "x"}, {"type": "b"}]}, "Subtask 2 has no description"),
        ({"subtasks": [{"type": 5, "description": "x"}]}, '"type" of subtask 1 must be text, got 5'),
        ({"subtasks": [{"description": "x", "tier": "huge"}]}, '"tier" of subtask 1'),
        ({"analysis": 3, "subtasks": [{"description": "x"}]}, '"analysis" must be text, got 3'),
        ({"subtasks": [{"description": "x"}] * 1001}, "1001 subtasks; the ceiling is 1000"),
    ],
)
def test_a_faulty_plan_file_names_the_entry(data: object, says: str):
    """Anything that is not a plan is a `PlanError` that says where."""
    with pytest.raises(PlanError, match=says):
        Plan.from_dict(data)


def test_a_missing_type_is_default_and_lone_surrogates_are_replaced():
    """What a person leaves out gets the default; what no file can hold is replaced."""
    plan = Plan.from_dict({"subtasks": [{"description": "hi \ud83d"}]})
    assert plan.subtasks == (Subtask(type="default", description="hi \ufffd"),)
