"""Plan files: written by one command, edited by people, read by another."""

import json
from pathlib import Path

import pytest

from stretto.core.errors import InputError, StrettoError
from stretto.core.plan import Plan
from stretto.faces.cli.input.plan_files import PlanFile, check_plan_path, read_plan_file, write_plan_file
from tests.faces.cli.happened import subtask

PLAN = Plan(analysis="A reading.", subtasks=(subtask(1), subtask(2, "两", "写 “二”")))


def test_a_plan_file_reads_back_as_it_was(tmp_path):
    """Plan, task, context, recipe and language come back as they were written."""
    file = PlanFile(plan=PLAN, task="Sell it", context={"price": "12.50"}, recipe="product-copy", language="zh")
    write_plan_file(file, tmp_path / "plan.json")
    assert read_plan_file(tmp_path / "plan.json") == file
    assert "写 “二”" in (tmp_path / "plan.json").read_text(encoding="utf-8")


def test_a_plan_file_by_hand_needs_no_more_than_descriptions(tmp_path):
    """A file with nothing but descriptions, saved with a byte order mark, is a plan."""
    path = tmp_path / "plan.json"
    path.write_text('{"subtasks": [{"description": "Do it."}]}', encoding="utf-8-sig")
    (only,) = read_plan_file(path).plan.subtasks
    assert (only.type, only.description) == ("default", "Do it.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON: Expecting value in line 1, column 1"),
        (b'{"subtasks": [\n{]}', "line 2, column 2"),
        (b"\xff\xfe", "is not UTF-8 text (byte 0)"),
        (b"[1]", "must be a JSON object"),
        (b"[" * 100_000, "nested too deeply"),
        (b"{}", 'A plan needs "subtasks"'),
        (b'{"subtasks": []}', 'A plan needs "subtasks"'),
        (b'{"subtasks": [{"type": "a"}]}', "Subtask 1 has no description"),
        (b'{"subtasks": [{"description": 5}]}', '"description" of subtask 1 must be text'),
        (b'{"task": 5, "subtasks": [{"description": "a"}]}', '"task" must be text'),
        (b'{"context": ["a"], "subtasks": [{"description": "a"}]}', '"context" must be names with values'),
    ],
)
def test_a_broken_plan_file_says_what_and_where(tmp_path, content, message):
    """A file that is not a plan is refused in one line that names it and what is wrong."""
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_plan_file(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_file_that_is_not_there(tmp_path):
    """A missing file and a folder are named in one line."""
    with pytest.raises(InputError, match=r"Cannot read the plan .*nowhere\.json: No such file"):
        read_plan_file(tmp_path / "nowhere.json")
    with pytest.raises(InputError, match="Cannot read the plan"):
        read_plan_file(tmp_path)


def test_a_monstrous_plan_file_is_not_read(tmp_path):
    """A file beyond any plan's size is refused before it fills the memory."""
    path = tmp_path / "plan.json"
    with path.open("wb") as stream:
        stream.truncate(20_000_001)
    with pytest.raises(InputError, match="larger than 20 MB"):
        read_plan_file(path)


@pytest.mark.parametrize(
    ("name", "message"), [("plan.txt", "as JSON"), ("folder.json", "folder"), ("no/p.json", "does not exist")]
)
def test_a_place_where_no_plan_can_be_written_is_refused_early(tmp_path, name, message):
    """Another ending, a folder and a missing folder are refused before a call is made."""
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(InputError, match=message):
        check_plan_path(tmp_path / name)


def test_checking_a_place_changes_nothing():
    """The check leaves what is there as it is."""
    path = Path("plan.json")
    path.write_text("precious")
    check_plan_path(path)
    check_plan_path(Path("new.json"))
    assert [item.name for item in Path().iterdir()] == ["plan.json"]
    assert path.read_text() == "precious"


def test_a_plan_is_written_whole_or_not_at_all(monkeypatch):
    """When writing fails, what was there stays and nothing is left beside it."""
    path = Path("plan.json")
    path.write_text("precious")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(StrettoError, match="No space left"):
        write_plan_file(PlanFile(plan=PLAN), path)
    assert [item.name for item in Path().iterdir()] == ["plan.json"]
    assert path.read_text() == "precious"


def test_a_new_plan_file_has_the_mode_of_any_new_file(tmp_path):
    """Whoever may read a new file may read a new plan."""
    write_plan_file(PlanFile(plan=PLAN), tmp_path / "plan.json")
    (tmp_path / "other").touch()
    assert (tmp_path / "plan.json").stat().st_mode == (tmp_path / "other").stat().st_mode
    assert json.loads((tmp_path / "plan.json").read_bytes())["analysis"] == "A reading."
