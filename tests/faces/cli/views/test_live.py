"""The live view: what stands on the screen while a run goes on."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from stretto.core.events import (
    AnalysisDelta,
    PlanCompleted,
    PlanRetrying,
    RunWaiting,
    SubtaskSealed,
    SubtaskSkipped,
    SubtaskSuperseded,
    SynthesisCompleted,
    SynthesisDelta,
    SynthesisFailed,
    SynthesisStarted,
    WorkerCompleted,
    WorkerDelta,
    WorkerRetrying,
    WorkerStarted,
)
from stretto.core.plan import Plan
from stretto.core.result import Failure, SynthesisResult, WorkerResult
from stretto.core.usage import UNKNOWN_COST
from stretto.faces.cli.views.live.styled_results import print_styled_results
from stretto.faces.cli.views.live.view import LiveView
from stretto.faces.shared.run_state import RunState
from tests.faces.cli.happened import BROKEN, USAGE, done, failed, result_of, run_of, subtask
from tests.faces.cli.screen import Screen


class Terminal:
    """A live view on a small terminal, under a clock that is moved by hand."""

    def __init__(self, width: int = 80, height: int = 24, encoding: str = "utf-8") -> None:
        self.file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
        self.console = Console(file=self.file, width=width, height=height, force_terminal=True, markup=False)
        self.screen = Screen(width)
        self.now = 0.0
        self.run_state = RunState()
        self.view = LiveView(self.run_state, self.console, clock=lambda: self.now)

    def show(self, *events) -> "Terminal":
        """Let events happen and draw."""
        for event in events:
            self.now = max(self.now, event.at)
            self.run_state.see(event)
            self.view.see(event)
        self.view.tick()
        return self.read()

    def read(self) -> "Terminal":
        """Take over what was written."""
        self.file.flush()
        buffer = self.file.buffer
        self.screen.feed(buffer.getvalue().decode(self.file.encoding))
        buffer.seek(0)
        buffer.truncate()
        return self

    def resize(self, width: int, height: int) -> None:
        """Make the window another size."""
        self.console.size = (width, height)
        self.screen.resize(width)

    def line(self, part: str) -> str:
        """Return the one line on the screen with this in it."""
        (line,) = [line for line in self.screen.lines if part in line]
        return line


def sealed(*tasks):
    """Return a run's start, up to these subtasks and their workers."""
    events = run_of([done(task) for task in tasks])
    return [event for event in events if event.at < 2.0]


@pytest.fixture
def terminal() -> Terminal:
    """Give a terminal of 80 by 24."""
    return Terminal()


def test_nothing_is_drawn_before_the_run_begins(terminal):
    """Before the first event the screen stays as it is."""
    terminal.view.tick()
    assert terminal.read().screen.text == ""


def test_the_analysis_and_a_row_for_each_subtask(terminal):
    """The analysis and every subtask stand on the screen, with what is at work and for how long."""
    terminal.show(*sealed(subtask(1), subtask(2)))
    terminal.now += 3.0
    screen = terminal.show().screen
    assert "  │ A reading." in screen.lines
    assert terminal.line("Angle 1").endswith("3.3s")
    assert "2 at work" in screen.lines[-1]
    assert "planning" in screen.lines[-1]
    assert not screen.cursor_shown


def test_a_row_shows_what_is_being_written(terminal):
    """Under a worker at work stands the end of its text."""
    text = "a long beginning " * 10 + "\n## **the** end of it"
    terminal.show(*sealed(subtask(1)), WorkerDelta(subtask_id="s1", attempt=1, text=text, at=1.0))
    assert "       the end of it" in terminal.screen.lines
    assert "beginning" not in terminal.screen.text
    assert "~47 tokens" in terminal.line("Angle 1")


def test_a_finished_row_shows_its_numbers_and_how_it_begins(terminal):
    """A finished worker's row has its seconds, tokens and cost, and below it how the text begins."""
    terminal.show(*run_of([done(subtask(1), "# Cold water\n\nAll day."), done(subtask(2))])[:-3])
    row = terminal.line("Angle 1")
    assert row.startswith("  ✓  1 Angle 1")
    assert row.split()[-4:] == ["$0.0041", "1,043", "tokens", "1.5s"]
    assert "       Cold water All day." in terminal.screen.lines
    assert "1 of 2 results" in terminal.screen.lines[-1]
    assert "1,043 tokens · $0.0041" in terminal.screen.lines[-1]


def test_a_failed_row_says_why(terminal):
    """A worker that failed says why in its row; the others go on."""
    terminal.show(*run_of([failed(subtask(1)), done(subtask(2))])[:-1])
    assert terminal.line("Angle 1").startswith("  ✗")
    assert "       The provider had an error (500). Try again later." in terminal.screen.lines
    assert "1 failed" in terminal.screen.lines[-1]


def test_a_retry_says_why_and_forgets_the_void_text(terminal):
    """A second attempt shows the reason in place of the first attempt's text, then its own text."""
    reason = Failure(kind="empty", message="The answer was empty.")
    terminal.show(
        *sealed(subtask(1)),
        WorkerDelta(subtask_id="s1", attempt=1, text="void words", at=1.0),
        WorkerRetrying(subtask_id="s1", attempt=2, reason=reason, model="w", at=1.1),
    )
    assert "asked again: The answer was empty." in terminal.screen.text
    assert "void words" not in terminal.screen.text
    terminal.show(WorkerDelta(subtask_id="s1", attempt=2, text="new words", at=1.2))
    assert "new words" in terminal.screen.text


def test_a_busy_model_is_one_line_for_as_long_as_it_is_waited_for(terminal):
    """A gate that holds work back is one line: it outlasts bursts, is replaced, and goes with the pause."""
    terminal.show(*sealed(subtask(1)), RunWaiting(cause="gate", model="m", message="m is busy: 5 calls.", at=1.0))
    terminal.show(WorkerStarted(subtask_id="s1", model="w", at=1.1))
    assert "  m is busy: 5 calls." in terminal.screen.lines
    terminal.show(RunWaiting(cause="gate", model="m", message="m is busy: 2 calls.", seconds=30.0, at=2.0))
    assert "  m is busy: 2 calls." in terminal.screen.lines
    assert "5 calls" not in terminal.screen.text
    terminal.now = 31.9
    assert "m is busy" in terminal.show().screen.text
    terminal.now = 32.0
    assert "m is busy" not in terminal.show().screen.text


def test_an_account_that_cannot_pay_stands_there_until_it_answers(terminal):
    """An open breaker stays on the screen, below a shorter notice for as long as that holds, until an answer comes."""
    breaker = RunWaiting(cause="breaker", model="m", message="No further calls: no credit. Add credit.", at=1.0)
    terminal.show(*sealed(subtask(1), subtask(2)), breaker, RunWaiting(cause="gate", model="f", message="busy", at=2.0))
    assert "  busy" in terminal.screen.lines
    terminal.now = 100.0
    assert "  No further calls: no credit. Add credit." in terminal.show().screen.lines
    terminal.show(WorkerCompleted(result=replace(done(subtask(1)), model="f"), at=101.0))
    assert "No further calls" in terminal.screen.text
    terminal.show(WorkerCompleted(result=done(subtask(2)), at=102.0))
    assert "No further calls" not in terminal.screen.text


def test_a_plan_that_is_asked_for_again_is_said_until_it_comes(terminal):
    """The reason stands there while the workers of the first attempt go on, and goes with the first new words."""
    reason = Failure(kind="plan", message="It had no tasks.")
    terminal.show(*sealed(subtask(1)), PlanRetrying(how="repair", reason=reason, attempt=2, at=1.2))
    terminal.show(WorkerStarted(subtask_id="s1", model="w", at=1.3))
    assert "  The plan is asked for again: It had no tasks." in terminal.screen.lines
    assert "A reading." not in terminal.screen.text  # it is written anew
    terminal.show(AnalysisDelta(text="Another reading.", at=1.4))
    assert "asked for again" not in terminal.screen.text
    assert "Another reading." in terminal.screen.text


def test_superseded_and_skipped_rows_are_marked(terminal):
    """A superseded and a skipped subtask stay on the screen, marked; what is not in the plan comes last."""
    skipped = WorkerResult(subtask=subtask(2), status="skipped", error=Failure(kind="limit", message="Past the limit."))
    dropped = replace(failed(subtask(1)), status="superseded")
    terminal.show(
        *sealed(subtask(1)),
        PlanCompleted(plan=Plan(subtasks=(subtask(2),)), at=2.0),
        SubtaskSuperseded(result=dropped, at=2.1),
        SubtaskSkipped(result=skipped, at=2.1),
    )
    assert terminal.line("Angle 2").rstrip() == "  –  1 Angle 2"
    assert terminal.line("Angle 1").startswith("  –")
    assert "       Past the limit." in terminal.screen.lines
    assert terminal.screen.text.index("Angle 2") < terminal.screen.text.index("Angle 1")


def test_the_synthesis_has_a_row_of_its_own(terminal):
    """The synthesis shows its text as it grows, and how it ended."""
    events = run_of([done(subtask(1))])[:-1]
    terminal.show(*events, SynthesisStarted(strategy="merge", model="m", at=3.0))
    assert terminal.line("   synthesis").startswith("  ◐")
    terminal.show(SynthesisDelta(attempt=1, text="All in one", at=3.1))
    assert "All in one" in terminal.screen.text
    whole = SynthesisResult(strategy="merge", status="completed", text="All in all", usage=USAGE, cost=UNKNOWN_COST)
    terminal.show(SynthesisCompleted(result=whole, at=3.2))
    assert terminal.line("   synthesis").startswith("  ✓")
    assert "All in all" in terminal.screen.text
    broken = SynthesisResult(strategy="merge", status="failed", error=BROKEN)
    terminal.show(SynthesisFailed(result=broken, at=3.3))
    assert terminal.line("   synthesis").startswith("  ✗")


def test_a_synthesis_that_was_skipped_without_a_start_is_shown(terminal):
    """A synthesis that never began still says what became of it."""
    nothing = SynthesisResult(strategy="compare", status="skipped", error=BROKEN)
    terminal.show(*run_of([done(subtask(1))])[:-1], SynthesisFailed(result=nothing, at=3.0))
    assert terminal.line("   synthesis").startswith("  –")


@pytest.mark.parametrize("width", [12, 40, 60, 80, 200])
@pytest.mark.parametrize("height", [3, 8, 24, 60])
@pytest.mark.parametrize("name", ["Angle", "价值观故事：写给商店页面的读者", "Ein sehr langer Name " * 5, "👩‍🚀 é"])
def test_no_frame_is_wider_or_higher_than_the_terminal(width, height, name):
    """Whatever the texts and the size, a frame fits: no line wraps and nothing scrolls away."""
    terminal = Terminal(width, height)
    tasks = [subtask(number, f"{name} {number}", name * 3) for number in range(1, 21)]
    terminal.show(*run_of([done(task, name * 40) for task in tasks], analysis=f"{name} " * 90)[:-4])
    assert len(terminal.screen.rows) <= height
    assert not any(terminal.screen.wrapped)
    assert terminal.screen.lines[-1].strip()


@pytest.mark.parametrize("width", range(2, 12))
def test_a_terminal_with_hardly_any_columns_ends_no_run(width):
    """However narrow a terminal is, drawing on it raises nothing."""
    terminal = Terminal(width)
    terminal.show(*run_of([done(subtask(number)) for number in range(1, 4)], analysis="Something to wrap. " * 9)[:-4])


def test_wide_characters_keep_the_columns_straight(terminal):
    """A Chinese title takes two cells a character, and the seconds still end in one column."""
    terminal.show(*sealed(subtask(1, "技术证明"), subtask(2, "Warranty")))
    rows = [
        row
        for row, line in zip(terminal.screen.rows, terminal.screen.lines, strict=True)
        if "技术" in line or "Warranty" in line
    ]
    assert len(rows) == 2
    assert len({len(row) for row in rows}) == 1


def test_a_long_plan_shows_who_is_at_work(terminal):
    """With more subtasks than lines, those at work are shown, then the last finished; the rest is counted."""
    tasks = [subtask(number) for number in range(1, 101)]
    events = [event for event in sealed(*tasks) if not isinstance(event, WorkerStarted)]
    terminal.show(*events)
    assert "… " in terminal.screen.text
    terminal.show(WorkerStarted(subtask_id="s77", model="w", at=2.0))
    assert terminal.line("Angle 77").startswith("  ◐")
    assert "… 99 more" in terminal.screen.text


def test_frames_replace_each_other_and_leave_nothing(terminal):
    """However many frames were drawn, closing the view leaves the screen and the cursor as they were."""
    terminal.screen.feed("before\n")
    for event in run_of([done(subtask(number)) for number in range(1, 8)]):
        terminal.show(event)
    terminal.view.close()
    terminal.view.close()
    terminal.read()
    assert terminal.screen.lines == ["before", ""]
    assert terminal.screen.cursor_shown


def test_a_paused_view_draws_nothing(terminal):
    """While somebody else has the terminal nothing is drawn; afterwards the view is back."""
    terminal.show(*sealed(subtask(1)))
    terminal.view.pause()
    assert terminal.show().screen.text == ""
    terminal.view.resume()
    assert "Angle 1" in terminal.show().screen.text


@pytest.mark.parametrize("width", [30, 41, 100])
def test_a_resized_terminal_is_redrawn_without_remains(terminal, width):
    """When the window changes its width, the next frame takes the place of the last one, wrapped or not."""
    terminal.screen.feed("before\n")
    terminal.show(*sealed(subtask(1, "A title that is quite long, longer than a narrow window"), subtask(2)))
    terminal.resize(width, 24)
    terminal.show()
    assert terminal.screen.lines[0] == "before"
    assert terminal.screen.text.count("Analysis") == 1
    assert terminal.screen.text.count("planning") == 1


def test_text_from_outside_cannot_steer_the_terminal(terminal):
    """Control characters and console markup in a plan and in answers are text at most, never commands."""
    nasty = "[red]\x1b]0;owned\x07\x1b[2Jred\x9b31m[/red]\u202e"
    task = subtask(1, f"T{nasty}", f"D{nasty}")
    terminal.show(*run_of([done(task, nasty)], analysis=nasty)[:-2])
    assert "[red]red" in terminal.screen.text
    assert "owned" not in terminal.screen.text


def test_a_terminal_without_unicode_gets_ascii():
    """Where the encoding has no box characters, letters and dashes stand in."""
    terminal = Terminal(encoding="ascii")
    terminal.show(*run_of([done(subtask(1)), failed(subtask(2))])[:-1])
    assert terminal.line("Angle 1").startswith("  +  1")
    assert terminal.line("Angle 2").startswith("  x  2")
    assert terminal.screen.text.isascii()


def test_an_event_costs_the_same_late_in_a_long_run(terminal):
    """Taking in an event neither draws nor walks through what was before."""
    terminal.show(*sealed(subtask(1)))
    before = terminal.file.buffer.getvalue()
    for _ in range(20_000):
        event = WorkerDelta(subtask_id="s1", attempt=1, text="x" * 50, at=1.0)
        terminal.run_state.see(event)
        terminal.view.see(event)
    terminal.file.flush()
    assert terminal.file.buffer.getvalue() == before
    assert len(terminal.run_state.rows["s1"].text.tail) == 2_000


def test_results_show_every_text_with_its_numbers():
    """The results carry the label, the analysis, every text and every failure under its heading."""
    terminal = Terminal()
    synthesis = SynthesisResult(strategy="merge", status="completed", text="Both in one.", seconds=2.0)
    result = result_of([done(subtask(1), "Cold.\nAll day."), failed(subtask(2))], synthesis=synthesis)
    print_styled_results(terminal.console, result, ["Not a language model."])
    lines = terminal.read().screen.lines
    assert lines[0] == "Not a language model."
    assert "A reading." in lines
    assert any(line.startswith("── 1 · Angle 1 ─") and line.endswith("1.5s · 1,043 tokens · $0.0041") for line in lines)
    assert lines[lines.index("Cold.") + 1] == "All day."
    assert "failed: The provider had an error (500). Try again later." in lines
    assert "Both in one." in lines


def test_results_are_wrapped_at_words_and_lose_nothing():
    """Markdown is set off, wrapped at words with hanging items, and every word is still there."""
    text = "# A title\n\n- an item that is long enough to go on in a second line\n\n"
    text += "`**kwargs` **bold** *so*\n```\n**x**  y\n```"
    terminal = Terminal(width=40)
    print_styled_results(terminal.console, result_of([done(subtask(1), text)]))
    lines = terminal.read().screen.lines
    at = lines.index("A title")
    assert lines[at:] == [
        "A title",
        "",
        "- an item that is long enough to go on",
        "  in a second line",
        "",
        "`**kwargs` bold so",
        "```",
        "**x**  y",
        "```",
        "",
        "",
    ]


def test_results_fit_a_narrow_terminal():
    """On a narrow terminal headings are shortened and nothing is wider than the screen."""
    terminal = Terminal(width=24)
    print_styled_results(
        terminal.console, result_of([done(subtask(1, "A title that is far too long"), "- x")]), ["Label"]
    )
    assert not any(terminal.read().screen.wrapped)
    assert any(line.startswith("── 1 · A title") and "…" in line for line in terminal.screen.lines)


def test_an_event_of_an_unknown_subtask_changes_nothing(terminal):
    """A worker's event without its subtask, and a synthesis' text without its start, are passed over."""
    terminal.show(*sealed(subtask(1)))
    before = terminal.screen.text
    terminal.show(WorkerStarted(subtask_id="s9", model="w", at=1.0), SynthesisDelta(attempt=1, text="x", at=1.0))
    assert terminal.screen.text.replace("◓", "◐") == before.replace("◓", "◐")


def test_a_subtask_sealed_twice_has_one_row(terminal):
    """A resumed run announces its subtasks again; each keeps its one row."""
    terminal.show(*sealed(subtask(1)), SubtaskSealed(subtask=subtask(1), at=1.5))
    assert terminal.screen.text.count("Angle 1") == 1
