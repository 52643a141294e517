"""What a plan says twice: joined, refused or replaced for a reason, and never lost without a word."""

import pytest

from stretto.core.plan import PlanError
from stretto.parsing import parse_plan

A = '{"type": "a", "description": "Write A."}'
B = '{"type": "b", "description": "Write B."}'
ONE = "<task><type>a</type><description>Write A.</description></task>"
TWO = "<task><type>b</type><description>Write B.</description></task>"
THREE = "<task><type>c</type><description>Write C.</description></task>"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (f'{{"tasks": [{A}], "tasks": [{B}]}}', ["Write A.", "Write B."]),
        (f'{{"tasks": [{A}], "tasks": [{A}]}}', ["Write A."]),
        (f'{{"subtasks": [{B}], "tasks": [{A}]}}', ["Write A.", "Write B."]),
        (f'{{"tasks": [{A}], "subtasks": ["not one"]}}', ["Write A."]),
        (f'{{"tasks": "{ONE}", "more": "{TWO}"}}', ["Write A.", "Write B."]),
        ("<task><content>Write A.</content><content>Short.</content></task>", ["Write A.\n\nShort."]),
        ("<task><description>Write A.</description><description>Short.</description></task>", ["Write A.\n\nShort."]),
        ("<task><type>a</type><type>a</type><description>Write A.</description></task>", ["Write A."]),
        ("<task><type></type><type>a</type><description>Write A.</description></task>", ["Write A."]),
        (f"<tasks>{ONE}{TWO}</tasks> Better: <tasks>{TWO}{THREE}</tasks>", ["Write B.", "Write C."]),
        ("| Type | Description | Details |\n|-|-|-|\n| a | Write A. | Short. |", ["Write A.\n\nShort."]),
        (
            "| Type | Description |\n|-|-|\n| a | Write A. |\n\n| Type | Description |\n|-|-|\n| b | Write B. |",
            ["Write A.", "Write B."],
        ),
        ("tasks:\n  a:\n    description: Write A.\n    details: Short.", ["Write A.\n\nShort."]),
    ],
)
def test_what_stands_twice_is_all_there(text: str, want: list[str]) -> None:
    """Two lists or two texts under one name are joined; only a plan that is written anew replaces another one."""
    assert [subtask.description for subtask in parse_plan(text).subtasks] == want


@pytest.mark.parametrize(
    "text",
    [
        '{"tasks": [{"type": "a", "type": "b", "description": "Write."}]}',
        '{"tasks": [{"type": "a", "description": "Write.", "description": "Do not."}]}',
        '{"tasks": [{"type": "a", "content": "Write.", "content": "Do not."}]}',
        "<tasks><task><type>a</type><type>b</type><description>Write.</description></task></tasks>",
        '<tasks><task type="a" type="b"><description>Write.</description></task></tasks>',
    ],
)
def test_two_that_contradict_each_other_are_a_fault(text: str) -> None:
    """Which of two types, or of two texts under one key, is meant is not guessed: the plan is asked for again."""
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert caught.value.fault == "malformed"
    assert "two" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (f"<analysis>x</analysis><analysis>y</analysis><tasks>{ONE}</tasks>", "x\n\ny"),
        (f"<analysis>x</analysis><tasks>{ONE}</tasks><analysis>y</analysis>", "x\n\ny"),
        (f"<analysis>x</analysis><tasks>{ONE}</tasks><analysis>x</analysis>", "x"),
        (
            f"<analysis>x</analysis><tasks>{ONE}{TWO}</tasks><analysis>y</analysis><tasks>{TWO}{THREE}</tasks>",
            "y",
        ),
        (f'{{"analysis": "x", "analysis": "y", "tasks": [{A}]}}', "x\n\ny"),
        (f'{{"analysis": "x"}} {{"analysis": "y", "tasks": [{A}]}}', "x\n\ny"),
        (f'{{"analysis": "x", "tasks": [{A}, {A}]}} Better: {{"analysis": "y", "tasks": [{A}, {B}]}}', "y"),
    ],
)
def test_the_analyses_of_one_plan_are_joined(text: str, want: str) -> None:
    """Each analysis of the plan that counts is kept; that of a plan that was replaced goes with it."""
    assert parse_plan(text).analysis == want
