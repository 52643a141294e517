"""`stretto plan`: the orchestrator's call only, the plan, and what running it would take."""

import json
import signal
from pathlib import Path

import pytest

from stretto.core.errors import ModelError
from tests.faces.cli.on_terminal import STRETTO, start

TASK = "Write a product description for a steel water bottle"
DEMO = ("--model", "demo:delay=0")


def test_the_plan_is_shown_and_nothing_of_it_is_run(stretto):
    """The plan is on stdout with its label; what it took and what running it would take are on stderr."""
    ended = stretto("plan", TASK, *DEMO, "-c", "features=insulated")
    assert ended.code == 0
    assert ended.out.startswith("> demo model: offline templates, not a language model\n\n# Analysis\n\n")
    assert "\n# 3 subtasks\n\n1. **" in ended.out
    assert "started" not in ended.err
    message = ended.err.splitlines()
    assert message[-2].startswith("planned: ")
    assert "1 call" in message[-2]
    assert message[-1].startswith("running it: 3 calls · about ")


def test_a_written_plan_can_be_run_as_it_is(stretto):
    """-o writes the plan with its task and context; running that file needs nothing else and asks for no plan."""
    ended = stretto("plan", TASK, *DEMO, "-c", "features=insulated", "-o", "plan.json", "--language", "en")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.endswith("Edit it if you like, then: stretto run --plan plan.json\n")
    planned = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    assert (planned["task"], planned["context"], planned["language"]) == (TASK, {"features": "insulated"}, "en")
    ended = stretto("run", "--plan", "plan.json", *DEMO, "--json")
    result = json.loads(ended.out.splitlines()[-1])["result"]
    assert [item["subtask"]["type"] for item in result["results"]] == [item["type"] for item in planned["subtasks"]]
    assert result["usage"]["calls"] == 3


def test_json_is_one_object_that_is_a_plan_file(stretto):
    """--json prints the plan file with the quote and the usage in one line."""
    ended = stretto("plan", TASK, *DEMO, "--json")
    (line,) = ended.out.splitlines()
    planned = json.loads(line)
    assert planned["quote"]["calls"] == len(planned["subtasks"]) == 3
    assert planned["usage"]["calls"] == 1
    Path("plan.json").write_text(line, encoding="utf-8")
    assert stretto("run", "--plan", "plan.json", *DEMO).code == 0


def test_a_number_of_subtasks_that_was_not_kept_is_said(stretto):
    """A plan outside the range asked for is shown, and that is said."""
    ended = stretto("plan", TASK, *DEMO, "--subtasks", "900")
    assert "note: Asked for 900 subtasks; the plan has " in ended.err


def test_no_plan_is_an_error(stretto, monkeypatch):
    """When the orchestrator's answers are no plan, what it wrote is shown and the code is 1."""

    async def talk(self, request, on_text=None):
        raise ModelError("The provider had an error (500).", kind="server", retryable=False)

    monkeypatch.setattr("stretto.models.demo.DemoModel.respond", talk)
    ended = stretto("plan", TASK, *DEMO)
    assert (ended.code, ended.out) == (1, "")
    assert "missing: the plan: The provider had an error (500)." in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "No task is given."),
        ([TASK, *DEMO, "-o", "plan.md"], "-o plan.json"),
        ([TASK, *DEMO, "-o", "nowhere/plan.json"], "Cannot write nowhere/plan.json"),
        ([TASK, *DEMO, "--subtasks", "5-2"], "got '5-2'"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_2(stretto, arguments, message):
    """Unusable input is one line, before any call, and the code is 2."""
    ended = stretto("plan", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_a_terminal_shows_the_analysis_as_it_comes():
    """On a terminal the analysis is drawn while it streams; then the plan stands on the screen."""
    session = start([*STRETTO, "plan", TASK, "--model", "demo:delay=0.01"])
    session.wait_for("Analysis")
    session.wait_for("planning")
    assert session.end() == 0
    assert session.screen.cursor_shown
    assert "3 subtasks" in session.screen.lines
    assert any(line.startswith("1. ") for line in session.screen.lines)
    assert "waiting" not in session.screen.text


def test_ctrl_c_while_planning(stretto):
    """Ctrl-C ends planning with nothing kept and 130."""
    session = start([*STRETTO, "plan", TASK, "--model", "demo:delay=0.05"])
    session.wait_for("planning")
    session.process.send_signal(signal.SIGINT)
    assert session.end() == 130
    assert session.screen.text.rstrip().endswith("interrupted: nothing was finished.")


def test_a_plan_that_cannot_be_written_is_not_lost(stretto, monkeypatch):
    """When the file cannot be written in the end, the plan is shown, the reason is said, and the code is 1."""
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    ended = stretto("plan", TASK, *DEMO, "-o", "plan.json")
    assert ended.code == 1
    assert "error: Cannot write plan.json: No space left on device." in ended.err
    assert "# 3 subtasks" in ended.out
    assert "stretto run --plan" not in ended.err
