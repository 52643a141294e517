"""`stretto run`: from what was typed to what is printed, written and returned."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faces.cli.on_terminal import STRETTO, start

TASK = "Write a product description for a steel water bottle"
DEMO = ("--model", "demo:delay=0")
SLOW = ("--model", "demo:delay=0.02")


def test_results_on_stdout_and_the_rest_on_stderr(stretto):
    """Off a terminal the results are plain text on stdout; models, progress and the summary are on stderr."""
    ended = stretto("run", TASK, *DEMO, "-c", "features=insulated, plastic-free")
    assert ended.code == 0
    assert ended.out.startswith("> demo model: offline templates, not a language model\n\n# Analysis\n\n")
    assert ended.out.count("\n# ") >= 3
    assert "insulated" in ended.out.lower()
    lines = ended.err.splitlines()
    assert lines[0] == "models: orchestrator demo, workers demo"
    assert re.fullmatch(r"run: \d{8}-\d{6}-[0-9a-f]{6}", lines[1])
    assert lines[2] == "note: demo model: offline templates, not a language model"
    assert lines[-1].startswith("complete · 3 of 3 results · 4 calls · ")
    assert "\x1b" not in ended.out + ended.err


def test_json_lines_show_a_worker_starting_before_the_plan_is_complete(stretto):
    """With --json stdout is one event a line, a worker starts before the plan is complete, the result comes last."""
    ended = stretto("run", TASK, *DEMO, "--json")
    kinds = [json.loads(line)["kind"] for line in ended.out.splitlines()]
    assert kinds.index("worker_started") < kinds.index("plan_completed")
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_completed"
    assert kinds.count("run_completed") == 1
    assert ended.code == 0


def test_a_partial_run_says_what_is_missing_and_returns_3(stretto):
    """With one worker failing the other results are there, the shortfall is said, and the code is 3."""
    ended = stretto("run", TASK, "--model", "demo:delay=0,fail-worker=2", "--attempts", "1")
    assert ended.code == 3
    assert "(failed: " in ended.out
    assert "missing: " in ended.err
    assert ended.err.splitlines()[-1].startswith("partial · 2 of 3 results")


def test_a_run_without_any_result_returns_1_and_writes_nothing(stretto):
    """When every worker fails there is nothing to write: no file, nothing on stdout, and the code is 1."""
    plan = {"task": TASK, "subtasks": [{"type": "only", "description": "Write it."}]}
    Path("plan.json").write_text(json.dumps(plan))
    ended = stretto(
        "run", "--plan", "plan.json", "--model", "demo:delay=0,fail-worker=1", "--attempts", "1", "-o", "out.md"
    )
    assert ended.code == 1
    assert ended.out == ""
    assert not Path("out.md").exists()
    assert ended.err.splitlines()[-1].startswith("failed · 0 of 1 result")


@pytest.mark.parametrize("ending", ["md", "json", "jsonl", "csv", "html"])
def test_results_are_written_in_the_format_of_the_files_name(stretto, ending):
    """-o writes the results, with the label, in place of stdout."""
    ended = stretto("run", TASK, *DEMO, "-o", f"out.{ending}")
    assert (ended.code, ended.out) == (0, "")
    assert f"written: out.{ending}" in ended.err
    content = Path(f"out.{ending}").read_text(encoding="utf-8")
    assert "steel water bottle" in content
    assert "not a language model" in content


def test_json_lines_and_a_file_at_once(stretto):
    """With --json and -o the events are on stdout and the results in the file."""
    ended = stretto("run", TASK, *DEMO, "--json", "-o", "out.md")
    assert json.loads(ended.out.splitlines()[-1])["kind"] == "run_completed"
    assert Path("out.md").read_text(encoding="utf-8").startswith("# Result")


def test_the_task_from_stdin_and_the_context_from_a_file(stretto):
    """`-` reads the task from stdin; a context file's facts reach the models."""
    Path("brief.yaml").write_text("features: [dishwasher-safe]\n")
    ended = stretto("run", "-", *DEMO, "--context-file", "brief.yaml", stdin=TASK.encode())
    assert ended.code == 0
    assert "dishwasher-safe" in ended.out.lower()


def test_a_plan_file_is_run_as_it_is(stretto):
    """--plan runs just these subtasks, with the task, the context and the language the file was made for."""
    plan = {
        "task": TASK,
        "context": {"features": "dent-proof"},
        "language": "en",
        "recipe": "product-copy",
        "subtasks": [{"type": "One", "description": "Write one."}, {"type": "Two", "description": "Write two."}],
    }
    Path("plan.json").write_text(json.dumps(plan))
    ended = stretto("run", "--plan", "plan.json", *DEMO, "-c", "price=12", "--json")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert events[0]["task"] == TASK
    assert events[0]["context"] == {"features": "dent-proof", "price": "12"}
    assert [item["subtask"]["type"] for item in events[-1]["result"]["results"]] == ["One", "Two"]


def test_a_synthesis_is_shown_below_the_results(stretto):
    """--synthesize adds one text out of all results."""
    ended = stretto("run", TASK, *DEMO, "--synthesize", "merge")
    assert "# Synthesis (merge)" in ended.out
    assert "synthesis done" in ended.err


def test_every_model_that_may_be_asked_is_named(stretto):
    """Synthesis, tiers and fallbacks stand in the first line when they may be asked, and not otherwise."""
    ended = stretto("run", TASK, *DEMO, "--synthesize", "merge", "--tier", "fast=demo", "--fallback-model", "demo")
    first = "models: orchestrator demo, workers demo, synthesis demo, fast subtasks demo, fallback demo"
    assert ended.err.splitlines()[0] == first
    ended = stretto("run", TASK, *DEMO, "--synthesis-model", "demo")
    assert ended.err.splitlines()[0] == "models: orchestrator demo, workers demo"


def test_past_the_token_budget_subtasks_are_skipped_with_the_way_out(stretto):
    """What the budget does not allow is skipped, said once with what to do, and the rest is there."""
    ended = stretto("run", TASK, *DEMO, "--subtasks", "8", "--max-tokens-total", "10900")
    assert ended.code == 3
    missing = [line for line in ended.err.splitlines() if line.startswith("missing: ")]
    assert len(missing) == 1
    assert "The budget of 10900 tokens does not allow another call" in missing[0]
    assert "Raise max_tokens_total (--max-tokens-total)" in missing[0]
    assert ended.out.count("\n(skipped: ") == 1
    assert ended.err.splitlines()[-1].startswith("partial · 7 of 8 results")


def test_a_deadline_ends_the_run_and_says_so(stretto):
    """Past the deadline nothing goes on: what is missing is said with the option that allows more time."""
    ended = stretto("run", TASK, "--model", "demo:delay=5", "--deadline", "0.05")
    assert ended.code == 1
    assert "The run's deadline of 0.05 seconds has passed. Allow more time with deadline (--deadline)." in ended.err
    assert re.search(
        r"^Next: stretto retry \S+ --deadline SECONDS$|^Next: stretto resume \S+ --deadline SECONDS$", ended.err, re.M
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "No task is given."),
        ([""], "is empty"),
        (["-"], "The task from stdin is empty."),
        ([TASK, *DEMO, "--subtasks", "5-2"], "got '5-2'"),
        ([TASK, *DEMO, "--subtasks", "0"], "from 1 to 1000, got '0'"),
        ([TASK, *DEMO, "--subtasks", "many"], "got 'many'"),
        ([TASK, *DEMO, "--subtasks", "1001"], "got '1001'"),
        ([TASK, *DEMO, "--synthesize", "blend"], "merge or compare, got 'blend'"),
        ([TASK, *DEMO, "--plan", "nowhere.json"], "Cannot read the plan nowhere.json"),
        ([TASK, *DEMO, "-o", "nowhere/out.md"], "Cannot write nowhere/out.md"),
        ([TASK, *DEMO, "-o", "out.pdf"], "out.pdf"),
        ([TASK, *DEMO, "--recipe", "nothing-like-it"], "nothing-like-it"),
        ([TASK, *DEMO, "-c", "no-value"], "no-value"),
        ([TASK, *DEMO, "--review"], "--review needs a terminal"),
        ([TASK, *DEMO, "--review", "--dry-run"], "no plan"),
        ([TASK, "--model", "nobody:nothing"], "nobody"),
        ([TASK, "--model", ""], "--model must be text that is not empty, got ''."),
        ([TASK, *DEMO, "--worker-model", ""], "--worker-model must be text that is not empty, got ''."),
        ([TASK, *DEMO, "--fallback-model", ""], "--fallback-model must be names of models, got ''."),
        ([TASK, *DEMO, "--tier", "quick=demo"], "such as fast=MODEL, got 'quick=demo'."),
        ([TASK, *DEMO, "--subtasks", ""], "--subtasks must be a number or a range"),
        ([TASK, *DEMO, "--budget-usd", "ten"], "--budget-usd must be a number of US dollars above 0, got 'ten'."),
        ([TASK, *DEMO, "--max-tokens-total", "0"], "--max-tokens-total must be a whole number from 1, got '0'."),
        ([TASK, *DEMO, "--deadline", "tomorrow"], "--deadline must be a number of seconds above 0"),
        ([TASK, *DEMO, "--nonsense"], "--nonsense"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_2(stretto, arguments, message):
    """Unusable input is one line that says what and how to mend it; nothing is run and the code is 2."""
    ended = stretto("run", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1


def test_a_plan_and_a_number_of_subtasks_contradict(stretto):
    """--plan with --subtasks is refused: only one of the two can hold."""
    Path("plan.json").write_text(json.dumps({"task": TASK, "subtasks": [{"description": "Write it."}]}))
    ended = stretto("run", "--plan", "plan.json", *DEMO, "--subtasks", "3")
    assert ended.code == 2
    assert "Leave out --subtasks" in ended.err


def test_a_reader_that_leaves_is_no_error():
    """When whoever reads the JSON lines has enough, the command ends quietly."""
    with subprocess.Popen(
        [*STRETTO, "run", TASK, *SLOW, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["kind"] == "run_started"
        process.stdout.close()
        message = process.stderr.read().decode()
    assert "error" not in message.lower()
    assert "Traceback" not in message


def test_a_terminal_shows_the_run_and_then_the_results():
    """On a terminal frames come and go, then the results, the timeline and the summary stand on the screen."""
    session = start([*STRETTO, "run", TASK, "--model", "demo:delay=0.01", "-c", "features=insulated"])
    session.wait_for("planning")
    session.wait_for("at work")
    assert session.end() == 0
    text = session.screen.text
    assert session.screen.cursor_shown
    assert "at work" not in text
    assert text.startswith("models: orchestrator demo")
    assert (
        text.index("── Analysis") < text.index("── 1 · ") < text.index("  planning  ") < text.index("complete · 3 of 3")
    )
    planning = next(line for line in session.screen.lines if line.startswith("  planning"))
    first = next(line for line in session.screen.lines if line.startswith("  1 ") and "█" in line)
    assert first.index("█") < planning.rindex("█")
    assert "before the plan was complete" in text


def test_results_in_a_file_and_the_view_on_the_terminal(tmp_path):
    """With stdout in a file the live view is still on the terminal, and the file holds plain text."""
    with (tmp_path / "out.txt").open("wb") as out:
        session = start([*STRETTO, "run", TASK, "--model", "demo:delay=0.005"], stdout=out.fileno())
        session.wait_for("planning")
        assert session.end() == 0
    assert "── 1" not in session.screen.text
    assert (tmp_path / "out.txt").read_text().startswith("> demo model")


def test_the_log_is_written_to_stderr_when_asked_for():
    """With STRETTO_LOG the log's JSON lines are on stderr, and nothing is drawn; another word is refused."""
    session = start([*STRETTO, "run", TASK, *DEMO], environ={"STRETTO_LOG": "info"}, width=2_000)
    assert session.end() == 0
    logged = [json.loads(line) for line in session.screen.lines if line.startswith("{")]
    assert [entry["event"] for entry in logged][:1] == ["run_started"]
    assert "\x1b[?25l" not in session.written
    refused = start([*STRETTO, "run", TASK, *DEMO], environ={"STRETTO_LOG": "loud"})
    assert refused.end() == 2
    assert "error: STRETTO_LOG must be info or debug, got 'loud'." in refused.screen.text


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("TERM", "")])
def test_a_dumb_terminal_gets_plain_lines(name, value):
    """A terminal that cannot move its cursor gets the same lines as a pipe."""
    session = start([*STRETTO, "run", TASK, *DEMO], environ={name: value})
    assert session.end() == 0
    assert "\x1b" not in session.written
    assert "started   1 " in session.screen.text


def test_no_color_is_respected():
    """With NO_COLOR set, nothing on the terminal has a colour."""
    session = start([*STRETTO, "run", TASK, "--model", "demo:delay=0.005"], environ={"NO_COLOR": "1"})
    assert session.end() == 0
    codes = {code for found in re.findall(r"\x1b\[([0-9;]*)m", session.written) for code in found.split(";")}
    assert codes <= {"", "0", "1"}
    assert "1" in codes


def test_a_window_made_smaller_in_the_middle_leaves_no_remains():
    """After a resize the view is drawn for the new size, and the end of the run looks as ever."""
    session = start([*STRETTO, "run", TASK, "--model", "demo:delay=0.02"], width=90)
    session.wait_for("at work")
    session.resize(44, 20)
    session.wait_for("2 at work")
    assert session.end() == 0
    assert session.screen.text.count("── Analysis") == 1
    assert "at work" not in session.screen.text


def test_ctrl_c_keeps_what_is_finished_and_returns_130():
    """One Ctrl-C ends the run: finished results are on stdout, what is missing is said, the code is 130."""
    process = subprocess.Popen(
        [*STRETTO, "run", TASK, *SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stderr
    message = ""
    for line in process.stderr:
        message += line
        if "] done" in line:
            process.send_signal(signal.SIGINT)
            break
    out, rest = process.communicate()
    assert process.returncode == 130
    assert out.count("\n# ") >= 3
    assert "The run was interrupted." in out
    assert rest.splitlines()[-1].startswith("interrupted · partial · ")
    assert "Traceback" not in rest


def test_ctrl_c_on_a_terminal_gives_the_screen_back():
    """Ctrl-C in the live view takes the view away, shows the cursor and says what became of the run."""
    session = start([*STRETTO, "run", TASK, *SLOW])
    session.wait_for("planning")
    session.process.send_signal(signal.SIGINT)
    assert session.end() == 130
    assert session.screen.cursor_shown
    assert "planning" not in session.screen.text
    assert session.screen.text.rstrip().endswith("interrupted: nothing was finished.")


def test_a_signal_from_outside_gives_the_screen_back_too():
    """SIGTERM in the live view ends the run like Ctrl-C, shows the cursor, and returns 143."""
    session = start([*STRETTO, "run", TASK, *SLOW])
    session.wait_for("planning")
    session.process.send_signal(signal.SIGTERM)
    assert session.end() == 143
    assert session.screen.cursor_shown
    assert "planning" not in session.screen.text
    assert session.screen.text.rstrip().endswith("interrupted: nothing was finished.")


STUBBORN = """
import sys, anyio
from functools import partial
from stretto import Orchestrator
from stretto.faces.cli.sessions.run_session import RunRequest, run_session
from stretto.models.function import FunctionModel

async def never(request, say):
    with anyio.CancelScope(shield=True):
        await anyio.sleep_forever()

sys.exit(run_session(RunRequest(start=partial(Orchestrator(model=FunctionModel(never)).stream, "x"))))
"""


@pytest.mark.parametrize(("first", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_ctrl_c_leaves_at_once(first, code):
    """When something does not let itself be stopped, a second signal ends the process, with the cursor shown."""
    session = start([sys.executable, "-c", STUBBORN])
    session.wait_for("planning")
    session.process.send_signal(first)
    session.wait_for("Ctrl-C again leaves at once")
    session.process.send_signal(signal.SIGINT)
    assert session.end() == code
    assert session.screen.cursor_shown


def test_an_interrupted_json_run_ends_its_lines_whole():
    """Ctrl-C with --json leaves whole lines on stdout and returns 130."""
    process = subprocess.Popen([*STRETTO, "run", TASK, *SLOW, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    first = process.stdout.readline()
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate()
    assert process.returncode == 130
    kinds = [json.loads(line)["kind"] for line in (first + out).splitlines()]
    assert kinds[0] == "run_started"
    assert "run_completed" not in kinds


@pytest.mark.parametrize("url", ["nope", "ftp://x", "http://", "http://a b/v1", "http://host:port", "http://[::1"])
@pytest.mark.parametrize("model", ["demo", "openai:gpt-5"])
def test_what_is_no_base_url_is_one_line_and_2(stretto, monkeypatch, url, model):
    """A base URL that is none is refused in one line, also where the model has no use for one."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
    ended = stretto("run", TASK, "--model", model, "--base-url", url)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert f"{url!r} is not a base URL. It begins with http:// or https://" in ended.err
