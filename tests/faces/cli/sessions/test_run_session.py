"""Carrying out a run in front of somebody: Ctrl-C, review and the terminal, with models made of functions."""

import os
import signal
import threading
from functools import partial

import anyio
import pytest

from stretto import Orchestrator
from stretto.core.errors import StrettoError
from stretto.core.plan import Plan
from stretto.faces.cli.sessions.run_session import RunRequest, open_watcher, run_session
from stretto.faces.cli.views.live.view import LiveView
from stretto.faces.shared.run_state import RunState
from stretto.models.function import FunctionModel
from tests.engine.stage import RECIPE, asked_type, plan

PLAN = plan("a", "b", "c")


def orchestrator(worker, *, planner=None) -> Orchestrator:
    """Return an orchestrator over functions."""

    async def answer(request, say):
        if request.role == "orchestrator":
            return await planner(request, say) if planner else PLAN
        return await worker(request, say)

    return Orchestrator(model=FunctionModel(answer), recipe=RECIPE)


def carry_out(orchestrator, **options) -> int:
    """Carry out one run without a journal, and return the exit code."""
    return run_session(RunRequest(start=partial(orchestrator.stream, "sell"), **options))


async def write(request, say):
    """Answer as a worker that does its work."""
    return f"<response>copy by {asked_type(request)}</response>"


async def write_a_then_interrupt(request, say):
    """Finish the first subtask; press Ctrl-C once the others are at work, which never end."""
    if asked_type(request) == "a":
        return "<response>copy by a</response>"
    if asked_type(request) == "c":
        await anyio.wait_all_tasks_blocked()  # until then, somebody still reads events
        os.kill(os.getpid(), signal.SIGINT)
    return await anyio.sleep_forever()


@pytest.fixture
def terminal(capsys, monkeypatch):
    """Pretend, from the call on, that stdout and stderr are a terminal of 80 columns."""

    def begin() -> None:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    return begin


def test_an_interrupted_run_keeps_what_is_finished(capsys):
    """Ctrl-C after the plan: the finished text is printed, the others are named as interrupted, the code is 130."""
    before = signal.getsignal(signal.SIGINT)  # Ignored where a script started the tests in the background.
    assert carry_out(orchestrator(write_a_then_interrupt)) == 130
    shown = capsys.readouterr()
    assert "copy by a" in shown.out
    assert shown.out.count("(failed: The run was interrupted.)") == 2
    assert "missing: 2 of 3 subtasks: The run was interrupted." in shown.err
    assert shown.err.splitlines()[-1].startswith("interrupted · partial · 1 of 3 results · 2 calls")
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_interrupted_while_planning_keeps_early_results(capsys):
    """Ctrl-C while the plan is still being written: what early workers finished is kept, with the analysis so far."""

    async def endless(request, say):
        say(PLAN.removesuffix("</tasks>"))
        return await anyio.sleep_forever()

    assert carry_out(orchestrator(write_a_then_interrupt, planner=endless)) == 130
    shown = capsys.readouterr()
    assert "# Analysis\n\nthoughts" in shown.out
    assert "copy by a" in shown.out
    assert "missing: the rest of the plan: The run was interrupted." in shown.err


def test_an_interrupted_run_writes_its_file(tmp_path, capsys):
    """With -o what is finished goes into the file, which says what is missing."""
    assert carry_out(orchestrator(write_a_then_interrupt), output=tmp_path / "out.md") == 130
    assert "copy by a" in (tmp_path / "out.md").read_text()
    assert "Partial: 1 of 3" in (tmp_path / "out.md").read_text()
    assert capsys.readouterr().out == ""


def test_a_reviewed_plan_is_what_is_shown(capsys):
    """What a person made of the plan is what runs and what the progress names."""

    def only_b(plan: Plan, quote: object) -> Plan:
        return plan.remove(plan.subtasks[0].id).remove(plan.subtasks[2].id).add("mine", "Do it my way.")

    assert carry_out(orchestrator(write), review=only_b) == 0
    shown = capsys.readouterr()
    assert "copy by b" in shown.out
    assert "copy by mine" in shown.out
    assert "copy by a" not in shown.out
    assert "started   1 b" in shown.err
    assert "done      2 mine" in shown.err
    assert shown.err.splitlines()[-1].startswith("complete · 2 of 2 results")


def test_a_declined_plan_runs_nothing(capsys):
    """Declining is said, nothing is printed, and the code is 1."""
    assert carry_out(orchestrator(write), review=lambda plan, quote: None) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1].startswith("declined · 0 of 0 results · ")
    assert "failed" not in shown.err
    assert "] started" not in shown.err
    assert "Next:" not in shown.err


def test_a_terminal_gets_the_view_the_results_and_the_timeline(terminal, capsys, monkeypatch):
    """On a terminal texts are streamed into a live view; then come styled results and the timeline."""
    terminal()
    seen = []
    drawn = anyio.Event()
    draw = LiveView.tick

    def tick(view: LiveView) -> None:
        draw(view)
        if len(seen) == 3:
            drawn.set()

    monkeypatch.setattr(LiveView, "tick", tick)

    async def slowly(request, say):
        say("<response>copy by ")
        seen.append(asked_type(request))
        await drawn.wait()
        return f"<response>copy by {asked_type(request)}</response>"

    assert carry_out(orchestrator(slowly)) == 0
    shown = capsys.readouterr()
    assert seen == ["a", "b", "c"]
    assert "\x1b[?25l" in shown.err
    assert shown.err.count("\x1b[?25h") == 1
    assert "3 at work" in shown.err
    assert "1 · a" in shown.out
    assert shown.err.index("planning  ") < shown.err.rindex("complete · 3 of 3")


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_draw_gets_lines(terminal, monkeypatch, term):
    """A dumb terminal gets plain progress, and programs get JSON lines whatever the terminal."""
    terminal()
    assert open_watcher(RunState(), as_json=False).moving
    assert not open_watcher(RunState(), as_json=True).moving
    monkeypatch.setenv("TERM", term)
    assert not open_watcher(RunState(), as_json=False).moving


@pytest.mark.parametrize("as_json", [False, True])
def test_results_that_cannot_be_written_are_not_lost(tmp_path, monkeypatch, capsys, as_json):
    """When the file cannot be written in the end, the results are printed, the reason is said, and the code is 1."""

    def full(*_: object) -> None:
        raise StrettoError("Cannot write out.md: No space left on device.")

    monkeypatch.setattr("stretto.faces.cli.sessions.run_session.write_report", full)
    assert carry_out(orchestrator(write), output=tmp_path / "out.md", as_json=as_json) == 1
    shown = capsys.readouterr()
    assert "error: Cannot write out.md: No space left on device." in shown.err
    assert "copy by a" in shown.out
    assert ("# 1. a" in shown.out) is not as_json


def test_a_run_outside_the_main_thread(capsys):
    """Where Python delivers no signals a run works as ever."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(carry_out(orchestrator(write))))
    thread.start()
    thread.join()
    assert codes == [0]
    assert "copy by c" in capsys.readouterr().out
