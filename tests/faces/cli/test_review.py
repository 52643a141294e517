"""Editing a plan by hand before anything of it is run."""


import pytest

from stretto.core.errors import InputError
from stretto.core.plan import Plan, Subtask
from stretto.core.usage import Cost, Quote
from stretto.faces.cli.plan_text import read_plan_text, write_plan_text
from stretto.faces.cli.review import changes
from tests.faces.cli.happened import subtask

PLAN = Plan(
    analysis="A reading.\nOf two lines.", subtasks=(subtask(1), subtask(2, "两", "写 “二”: #1 - 'it'\n\n  indented"))
)
QUOTE = Quote(calls=2, input_tokens=1_500, output_tokens=(800, 4_000), cost=(Cost(), Cost()))


def written(plan: Plan = PLAN) -> str:
    """Return the text that an editor is given."""
    return write_plan_text(plan, QUOTE, task="Sell\nit")


def test_an_untouched_plan_reads_back_as_it_was():
    """Saving without a change gives the very same plan."""
    assert read_plan_text(written(), PLAN) == PLAN


@pytest.mark.parametrize(
    "text",
    [
        "trailing \nspace ",
        "tab\there",
        "\x1b[31mred\x00",
        "- a\n- b",
        "# no comment",
        "yes",
        "12",
        "null",
        "🍶",
        "a" * 9_000,
    ],
)
def test_any_text_survives_the_editor(text):
    """Whatever a model wrote reads back as it was, but for white space around it."""
    plan = Plan(subtasks=(Subtask(id="s1", type=text.strip(), description=text),))
    assert read_plan_text(written(plan), plan) == Plan(
        subtasks=(Subtask(id="s1", type=text.strip(), description=text.strip()),)
    )


def test_the_instructions_say_what_can_be_done_and_what_it_takes():
    """The file says how to remove, change, reorder, add and decline, shows the quote, and is a comment up to there."""
    head = written().partition("subtasks:")[0]
    assert all(line.startswith("#") or not line for line in head.splitlines())
    for words in (
        "Task: Sell it",
        "2 calls · about 1,500 tokens in",
        "remove",
        "change",
        "order",
        "add",
        "run nothing",
    ):
        assert words in head
    assert "# Of two lines." in head


def test_blocks_can_be_removed_changed_reordered_and_added():
    """What is left of the file is the plan: kept blocks keep their id, new ones get theirs when the plan is run."""
    plan = Plan(subtasks=(subtask(1), subtask(2), subtask(3)))
    text = """
subtasks:
- {id: s3, type: Angle 3, description: Write 3.}
- id: s1
  description: |
    Write it
    anew.
  type: Other
- description: A new one
  type:
  tier: fast
- {id: s3, type: A copy, description: of the third}
"""
    edited = read_plan_text(text, plan)
    assert edited is not None
    assert [(item.id, item.type, item.description, item.tier) for item in edited.subtasks] == [
        ("s3", "Angle 3", "Write 3.", None),
        ("s1", "Other", "Write it\nanew.", None),
        ("", "default", "A new one", "fast"),
        ("", "A copy", "of the third", None),
    ]
    assert changes(plan, edited) == "4 subtasks (1 removed, 2 added, 1 changed)"
    assert changes(plan, plan) == "3 subtasks"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_runs_nothing(text):
    """With nothing but comments left the plan is declined."""
    assert read_plan_text(text, PLAN) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subtasks:\n- type: a\n  description: b\n- type: c\n", "Line 4: This subtask has no description."),
        ("subtasks:\n- type: a\n  description:\n", "Line 2: This subtask has no description."),
        (
            "subtasks:\n- type: a\n  descripton: b\n",
            "Line 3: unknown name 'descripton'; known: id, type, description, tier.",
        ),
        ("subtasks:\n- type: a\n  description: b\n  type: c\n", "Line 4: 'type' is there twice"),
        ("subtasks:\n- type: a\n  description: [b]\n", "Line 3: 'description' must be text."),
        (
            "subtasks:\n- type: a\n  description: b\n  tier: huge\n",
            "Line 2: \"tier\" must be fast or strong, got 'huge'.",
        ),
        ("subtasks:\n- just text\n", "Line 2: A subtask is written as type: ..., got 'just text'."),
        ("- type: a\n", "Line 1: The plan is written as subtasks: ..., got a list."),
        ("subtasks: some\n", 'Line 1: After "subtasks:" come blocks that begin with "- ".'),
        ("subtasks:\n- type: a\n description: b\n", "Line 3: "),
        ("subtasks:\n- type: 'a\n", "Line 3: found unexpected end of stream."),
        ("subtasks: *nowhere\n", "Line 1: found undefined alias"),
        ("tasks:\n- type: a\n", "Line 1: unknown name 'tasks'; known: subtasks."),
        ("subtasks:\n", "No subtask is left. Empty the file to run nothing."),
        ("subtasks: []\n", "No subtask is left."),
        ("subtasks:\n- a\x00", "This is not YAML"),
        ("[" * 20_000, "This is not YAML"),
        ("subtasks:\n" + "- {description: a}\n" * 1_001, "The plan has 1001 subtasks; the ceiling is 1000."),
    ],
)
def test_a_mistake_is_named_with_its_line(text, said):
    """A file that cannot be understood is refused in one line that says where and what."""
    with pytest.raises(InputError) as caught:
        read_plan_text(text, PLAN)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_yaml_object_is_ever_made():
    """Tags that would build objects are read as what they are: text or a fault, never code."""
    with pytest.raises(InputError, match="Line 1"):
        read_plan_text("subtasks: !!python/object/apply:os.system [echo]\n", PLAN)
