"""Plain text: what pipes, files and dumb terminals get."""

import io
from dataclasses import replace

from stretto.core.checks import Finding
from stretto.core.events import (
    PlanRetrying,
    RunWaiting,
    SubtaskSkipped,
    SubtaskSuperseded,
    SynthesisCompleted,
    SynthesisFailed,
    SynthesisStarted,
    WorkerRetrying,
    WorkerStarted,
)
from stretto.core.result import Failure, SynthesisResult
from stretto.faces.cli.views.plain_progress import PlainProgress
from stretto.faces.cli.views.results import results_text
from stretto.faces.cli.views.run_summary import print_run_summary
from stretto.faces.shared.run_state import RunState
from tests.faces.cli.happened import BROKEN, done, failed, number_them, result_of, run_of, state_after, subtask


def progress(*events) -> list[str]:
    """Return the lines that these events are worth."""
    stream, run_state = io.StringIO(), RunState()
    watcher = PlainProgress(run_state, stream)
    for event in number_them(events):
        run_state.see(event)
        watcher.see(event)
        watcher.tick()
    watcher.pause()
    watcher.resume()
    watcher.close()
    return stream.getvalue().splitlines()


def test_a_few_lines_tell_a_run():
    """Workers' starts and ends, failures with their kind and the end of the plan are one line each, with seconds."""
    assert progress(*run_of([done(subtask(1)), failed(subtask(2))])) == [
        "[  0.0s] planning",
        "[  0.8s] started   1 Angle 1",
        "[  1.2s] started   2 Angle 2",
        "[  2.0s] plan      ready: 2 subtasks",
        "[  2.5s] done      1 Angle 1 (1.5s, 1,043 tokens, $0.0041)",
        "[  3.0s] failed    2 Angle 2: provider error",
    ]


def test_a_plan_that_was_brought_along_was_not_waited_for(capsys):
    """With a plan of one's own nothing is said of planning, nor of a head start before its end."""
    events = run_of([done(subtask(1))])
    run_state = state_after(events)
    stream = io.StringIO()
    run_state.given = True
    PlainProgress(run_state, stream).see(events[0])
    print_run_summary(run_state, run_state.result, interrupted=False)
    assert stream.getvalue() == ""
    assert "before the plan" not in capsys.readouterr().err


def test_what_goes_wrong_on_the_way_is_said():
    """Retries, waiting, superseded and skipped subtasks and the synthesis each have their line."""
    start = run_of([done(subtask(1))])[:4]
    reason = Failure(kind="empty", message="It was\nempty.")
    broken = SynthesisResult(strategy="merge", status="failed", error=BROKEN)
    whole = SynthesisResult(strategy="merge", status="completed", text="x", seconds=2.0)
    lines = progress(
        *start,
        PlanRetrying(how="retry", reason=reason, attempt=2),
        RunWaiting(cause="gate", model="m", message="m is busy."),
        RunWaiting(cause="gate", model="m", message="m is busy."),
        RunWaiting(cause="breaker", model="m", message="No further calls: no credit. Add credit."),
        WorkerRetrying(subtask_id="s1", attempt=2, reason=reason, model="w"),
        SubtaskSuperseded(result=replace(failed(subtask(1)), status="superseded", error=None)),
        SubtaskSkipped(result=replace(failed(subtask(2)), status="skipped")),
        SynthesisStarted(strategy="merge", model="m"),
        SynthesisFailed(result=broken),
        SynthesisCompleted(result=whole),
        WorkerStarted(subtask_id="s9", model="w"),
    )
    assert [line[9:] for line in lines[2:]] == [
        "plan      asked for again: empty answer",
        "waiting   m is busy.",
        "stopped   no further calls to m",
        "again     1 Angle 1: empty answer",
        "dropped   1 Angle 1",
        "skipped   2 Angle 2: provider error",
        "synthesis started",
        "synthesis failed: provider error",
        "synthesis done (2.0s)",
        "started   s9",
    ]


def test_one_reason_stands_once(capsys):
    """Progress has the kind of each failure; its sentence stands once, in what is missing or in a note of retries."""
    other = Failure(kind="empty", message="It was empty.")
    slow = Failure(kind="timeout", message="No answer within 30 seconds.")
    events = run_of([done(subtask(1)), failed(subtask(2)), failed(subtask(3), other)])
    retries = [
        WorkerRetrying(subtask_id=f"s{number}", attempt=2, reason=reason, model="w")
        for number, reason in ((1, slow), (1, slow), (2, BROKEN), (3, other))
    ]
    events[-1:-1] = retries
    lines = progress(*events)
    assert [line[9:] for line in lines if "failed" in line] == [
        "failed    2 Angle 2: provider error",
        "failed    3 Angle 3: empty answer",
    ]
    run_state = state_after(events)
    print_run_summary(run_state, run_state.result, interrupted=False)
    printed = "\n".join(lines) + capsys.readouterr().err
    assert "note: asked again 2 times: No answer within 30 seconds.\n" in printed
    for reason in (other, slow, BROKEN):
        assert printed.count(reason.message) == 1


def test_results_come_under_headings():
    """The label, the analysis, each text and each failure stand under headings, in the plan's order."""
    synthesis = SynthesisResult(strategy="compare", status="completed", text="Take the first.\n")
    result = result_of([done(subtask(1)), failed(subtask(2))], synthesis=synthesis)
    assert results_text(result, ["Not a language model."]).split("\n\n") == [
        "> Not a language model.",
        "# Analysis",
        "A reading.",
        "# 1. Angle 1",
        "> Write 1.",
        "Some copy.",
        "# 2. Angle 2",
        "> Write 2.",
        "(failed: The provider had an error (500). Try again later.)",
        "# Synthesis (compare)",
        "Take the first.\n",
    ]


def test_results_carry_no_control_characters():
    """What a model writes cannot steer the terminal that shows a piped result."""
    assert "\x1b" not in results_text(result_of([done(subtask(1), "\x1b[31mred")], analysis=""))


def test_the_end_says_what_is_missing_and_what_to_do(capsys):
    """After a partial run: notes, what is missing, why, the way out, and the summary as the last line."""
    found = Finding(check="numbers", message="It says 24 hours; the brief does not.", action="warn")
    good = replace(done(subtask(1)), findings=(found,))
    result = result_of(
        [good, failed(subtask(2))],
        warnings=("Asked for 3 subtasks; the plan has 2.",),
        superseded=(replace(failed(subtask(3)), status="superseded"),),
    )
    print_run_summary(state_after(run_of([good, failed(subtask(2))])), result, interrupted=False)
    assert capsys.readouterr().err.splitlines() == [
        "The first worker started 1.2s before the plan was complete.",
        "note: Asked for 3 subtasks; the plan has 2.",
        "note: 1 Angle 1: It says 24 hours; the brief does not.",
        "note: started early and not in the final plan: Angle 3",
        "missing: Angle 2: The provider had an error (500). Try again later.",
        "partial · 1 of 2 results · 3 calls · 3,943 tokens · $0.0163 · 5.0s",
    ]


def test_a_failure_without_a_way_out_gets_one(capsys):
    """When no failure says what to do next, the end does; what a model wrote in place of a plan is shown."""
    failure = Failure(kind="plan", message="This is no plan.", raw="I would rather\x1b[2J talk. " * 40)
    print_run_summary(RunState(), result_of([failed(subtask(1), failure)]), interrupted=False)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "missing: Angle 1: This is no plan."
    assert lines[1:3] == ["The model wrote:", lines[2]]
    assert lines[2].startswith("I would rather talk.")
    assert lines[2].endswith(" ...")
    assert lines[3].startswith("Next: run the same command again")
    assert lines[4].startswith("failed · 0 of 1 result ·")


def test_an_interrupted_run_without_any_result_says_so(capsys):
    """Stopped before anything was finished, the last line says that."""
    print_run_summary(RunState(), None, interrupted=True)
    assert capsys.readouterr().err == "interrupted: nothing was finished.\n"
