"""Prints on stderr how a run ended: the timeline, what is missing, what to do next, what it took."""

import sys
from collections.abc import Iterator

from stretto.core.result import RunResult
from stretto.core.text import for_terminal
from stretto.faces.cli.input.command_line import next_command, resume_command
from stretto.faces.cli.input.journal_options import JournalLocation
from stretto.faces.cli.process.terminals import live_console
from stretto.faces.shared.formatting import glyphs_for
from stretto.faces.shared.next_steps import next_step
from stretto.faces.shared.run_state import RunState
from stretto.faces.shared.run_wording import early_start, missing, remarks, retry_reasons, summary

_RAW = 600
"""Characters that are shown of an answer that was no plan."""

_STYLES = {
    "complete": "bold green",
    "partial": "bold yellow",
    "declined": "bold yellow",
    "planned": "bold yellow",
    "failed": "bold red",
}

Line = tuple[str, str]
"""Style and text."""


def print_run_summary(
    run_state: RunState,
    result: RunResult | None,
    *,
    interrupted: bool,
    location: JournalLocation | None = None,
    to_review: bool = False,
) -> None:
    """Print everything that is to be said after a run; the last line is the summary.

    `location` is the journal that keeps the run; `to_review` says that its plan still waits for a person.
    """
    console = live_console()
    dot = glyphs_for(sys.stderr.encoding).dot
    if console:
        from stretto.faces.shared.timeline import draw_timeline  # Rich is loaded only where a terminal is drawn on

        for line in draw_timeline(run_state, width=min(console.width - 1, 100), glyphs=glyphs_for(console.encoding)):
            console.print(line)
        console.print()
    lines = [*_notes(run_state, result, retries=console is None)]
    lines += [("", line) for line in _next(run_state, result, location, to_review=to_review)]
    lines += _last(result, dot, interrupted=interrupted)
    for style, text in lines:
        if console:
            console.print(text, style=style)
        else:
            print(text, file=sys.stderr)


def _notes(run_state: RunState, result: RunResult | None, *, retries: bool) -> Iterator[Line]:
    yield from (("", line) for line in early_start(run_state))
    if retries:  # The live view has shown each reason while it waited.
        yield from (("yellow", line) for line in retry_reasons(run_state, result))
    if result is None:
        return
    yield from (("yellow", line) for line in remarks(result))
    for line, raw in missing(result):
        yield "red", line
        if raw:
            text = for_terminal(raw).strip()
            yield "", f"The model wrote:\n{text[:_RAW]}{' ...' if len(text) > _RAW else ''}"


def _next(
    run_state: RunState, result: RunResult | None, location: JournalLocation | None, *, to_review: bool
) -> Iterator[str]:
    if result:
        if step := next_step(result, saved=location is not None, to_review=to_review):
            yield next_command(step, location)
    elif location and run_state.run:
        yield f"Next: {resume_command(location, run_state.run.run_id, to_review=to_review)}"


def _last(result: RunResult | None, dot: str, *, interrupted: bool) -> Iterator[Line]:
    if interrupted:
        yield "bold", "interrupted" + (f"{dot}{summary(result, dot=dot)}" if result else ": nothing was finished.")
    elif result:
        yield _STYLES[result.final_state], summary(result, dot=dot)
