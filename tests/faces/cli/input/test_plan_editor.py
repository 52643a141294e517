"""Editing a plan by hand before anything of it is run."""

import io
import json
import signal
import sys

import pytest

from stretto.core.errors import InputError
from stretto.core.plan import Plan, Subtask
from stretto.core.usage import Cost, Quote
from stretto.faces.cli.input.plan_editor import changes, find_editor, review_plan
from stretto.faces.cli.input.plan_yaml import read_plan_text, write_plan_text
from tests.faces.cli.happened import subtask
from tests.faces.cli.on_terminal import STRETTO, start

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
    ("text", "message"),
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
def test_a_mistake_is_named_with_its_line(text, message):
    """A file that cannot be understood is refused in one line that says where and what."""
    with pytest.raises(InputError) as caught:
        read_plan_text(text, PLAN)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_yaml_object_is_ever_made():
    """Tags that would build objects are read as what they are: text or a fault, never code."""
    with pytest.raises(InputError, match="Line 1"):
        read_plan_text("subtasks: !!python/object/apply:os.system [echo]\n", PLAN)


def test_an_editor_is_found_by_visual_then_editor(on_terminal, monkeypatch):
    """VISUAL comes before EDITOR, with its arguments."""
    assert find_editor({"VISUAL": f"{sys.executable} -u", "EDITOR": "true"}) == [sys.executable, "-u"]
    assert find_editor({"VISUAL": " ", "EDITOR": "true"}) == ["true"]


@pytest.mark.parametrize("there", ["sensible-editor", "editor", "nano", "vim", "vi"])
def test_an_editor_that_is_there_is_taken(there, on_terminal, tmp_path):
    """Where nobody named an editor, one of the system's is found; the user's own comes before it."""
    for name in (there, "vi", "my editor"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert find_editor({"PATH": str(tmp_path)}) == [there]
    assert find_editor({"PATH": str(tmp_path), "EDITOR": "vi -y"}) == ["vi", "-y"]
    spaced = str(tmp_path / "my editor")
    assert find_editor({"PATH": str(tmp_path), "VISUAL": spaced}) == [spaced]
    assert find_editor({"PATH": str(tmp_path), "VISUAL": f"'{spaced}' --wait"}) == [spaced, "--wait"]


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"PATH": "/nowhere"}, "set EDITOR"),
        ({"EDITOR": "no-such-editor --wait"}, "'no-such-editor --wait' in EDITOR is not there"),
        ({"VISUAL": "unbalanced '"}, "in VISUAL is not there"),
    ],
)
def test_without_an_editor_the_other_way_is_named(on_terminal, environ, message):
    """A missing editor is one line that says how to do without."""
    with pytest.raises(InputError, match=r"stretto run --plan plan\.json") as caught:
        find_editor(environ)
    assert message in str(caught.value)


@pytest.fixture
def on_terminal(monkeypatch):
    """Pretend that stdin and stderr are a terminal."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)


def editing(tmp_path, *steps: str) -> list[str]:
    """Return an editor that does one step after the other, one at each call, to the `text` of the file."""
    script = tmp_path / "editor.py"
    cases = "".join(f"    if turn == {turn}:\n        {step}\n" for turn, step in enumerate(steps))
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "turns = pathlib.Path(__file__).with_name('turns')\n"
        "turn = len(turns.read_text()) if turns.exists() else 0\n"
        "turns.write_text('x' * (turn + 1))\n"
        "text = path.read_text(encoding='utf-8')\n"
        f"def edit(text):\n{cases}    return text\n"
        "path.write_text(edit(text), encoding='utf-8')\n"
    )
    return [sys.executable, str(script)]


REVIEW = ("run", "Write copy for a red shoe", "--model", "demo:delay=0", "--review")


def test_an_edited_plan_is_what_runs(tmp_path):
    """What the editor leaves of the plan is run, with what was added; a note says what was changed."""
    editor = editing(
        tmp_path, "return text[:text.index('\\n- id: s2')] + '\\n- type: Mine\\n  description: A limerick, please.\\n'"
    )
    session = start([*STRETTO, *REVIEW], environ={"EDITOR": " ".join(editor)})
    assert session.end() == 0
    text = session.screen.text
    assert "plan: 3 subtasks. Running them: 3 calls" in text
    assert "running: 2 subtasks (2 removed, 1 added)" in text
    assert "── 2 · Mine" in text
    assert "complete · 2 of 2 results · 3 calls" in text


def test_an_emptied_file_runs_nothing(tmp_path):
    """Emptying the file declines the plan: no worker is asked, and that is said."""
    session = start([*STRETTO, *REVIEW], environ={"VISUAL": " ".join(editing(tmp_path, "return ''"))})
    assert session.end() == 1
    assert "── 1" not in session.screen.text
    assert "The plan was declined; nothing was started." in " ".join(session.screen.text.split())
    assert "1 call " in session.screen.lines[-2]


def test_a_mistake_can_be_mended(tmp_path):
    """A file with a mistake is named with its line and offered again; the mended one is run."""
    editor = editing(
        tmp_path, "return text.replace('\\n  type:', '\\n  typ:', 1)", "return text.replace(' typ:', ' type:')"
    )
    session = start([*STRETTO, *REVIEW], environ={"EDITOR": " ".join(editor)})
    session.wait_for("Edit it again? [Y/n] ")
    assert "unknown name 'typ'" in session.screen.text
    session.send(b"\n")
    assert session.end() == 0
    assert "running: 3 subtasks\n" in session.screen.text


@pytest.mark.parametrize("answer", [b"n\n", b"\x04"])
def test_a_mistake_can_be_left_alone(tmp_path, answer):
    """Answering no, or closing stdin, runs nothing."""
    session = start([*STRETTO, *REVIEW], environ={"EDITOR": " ".join(editing(tmp_path, "return '['"))})
    session.wait_for("Edit it again? [Y/n] ")
    session.send(answer)
    assert session.end() == 1
    assert "declined" in session.screen.text


def test_ctrl_c_at_the_question_runs_nothing(tmp_path):
    """Ctrl-C instead of an answer declines the plan."""
    session = start([*STRETTO, *REVIEW], environ={"EDITOR": " ".join(editing(tmp_path, "return '['"))})
    session.wait_for("Edit it again? [Y/n] ")
    session.process.send_signal(signal.SIGINT)
    assert session.end() == 1
    assert "declined" in session.screen.text


def test_an_editor_that_fails_runs_nothing(tmp_path):
    """An editor that ends with an error declines the plan, as it does for commit messages."""
    session = start([*STRETTO, *REVIEW], environ={"EDITOR": "false"})
    assert session.end() == 1
    assert "The editor ended with code 1." in session.screen.text


def test_a_file_that_the_editor_removed_is_a_mistake(tmp_path, monkeypatch, capfd):
    """A file that is gone after editing is named, and offered again."""
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert review_plan(PLAN, QUOTE, task="x", editor=["rm"]) is None
    assert "No such file" in capfd.readouterr().err


def test_events_on_stdout_stay_clean_while_a_plan_is_edited(tmp_path):
    """With --json and stdout in a file, the editor writes to the terminal and the file has nothing but events."""
    editor = editing(tmp_path, "print('an editor draws') or 0\n        return text")
    with (tmp_path / "events.jsonl").open("wb") as out:
        session = start([*STRETTO, *REVIEW, "--json"], environ={"EDITOR": " ".join(editor)}, stdout=out.fileno())
        assert session.end() == 0
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert "review_requested" in [event["kind"] for event in events]
    assert "an editor draws" in session.screen.text
