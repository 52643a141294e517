"""Says on stderr how a run ended: what is missing, what to do next, when each part worked, what it took."""

import sys
from collections.abc import Iterator

from stretto.core.result import RunResult, Shortfall
from stretto.core.text import for_terminal
from stretto.faces.cli.input.journal_options import JournalLocation
from stretto.faces.cli.views.terminals import live_console
from stretto.faces.shared.next_steps import go_on, next_step
from stretto.faces.shared.run_state import RunState
from stretto.faces.shared.wording import flat, glyphs_for, seconds, status_word, summary

_RAW = 600
"""Characters that are shown of an answer that was no plan."""

_STYLES = {"complete": "bold green", "partial": "bold yellow", "declined": "bold yellow", "failed": "bold red"}

_WORTH_A_WORD = 0.1
"""Seconds."""

Line = tuple[str, str]
"""Style and text."""


def say_how_it_ended(
    run_state: RunState,
    result: RunResult | None,
    *,
    interrupted: bool,
    place: JournalLocation | None = None,
    to_review: bool = False,
) -> None:
    """Print everything that is to be said after a run; the last line is the summary.

    `place` is the journal that keeps the run; `to_review` says that its plan still waits for a person.
    """
    console = live_console()
    dot = glyphs_for(sys.stderr.encoding).dot
    if console:
        from stretto.faces.shared.timeline import draw  # Rich is loaded only where a terminal is drawn on

        for line in draw(run_state, width=min(console.width - 1, 100), glyphs=glyphs_for(console.encoding)):
            console.print(line)
        console.print()
    step = _step(run_state, result, place, to_review=to_review)
    for style, text in _lines(run_state, result, step, dot, interrupted=interrupted):
        if console:
            console.print(text, style=style)
        else:
            print(text, file=sys.stderr)


def _lines(run_state: RunState, result: RunResult | None, step: str, dot: str, *, interrupted: bool) -> Iterator[Line]:
    early = head_start(run_state)
    if early is not None:
        yield "", f"The first worker started {seconds(early)} before the plan was complete."
    if result:
        yield from _remarks(result)
        yield from (line for gap in result.shortfall for line in _missing(gap))
    if step:
        yield "", step
    if interrupted:
        yield "bold", "interrupted" + (f"{dot}{summary(result, dot=dot)}" if result else ": nothing was finished.")
    elif result:
        yield _STYLES[status_word(result)], summary(result, dot=dot)


def _step(run_state: RunState, result: RunResult | None, place: JournalLocation | None, *, to_review: bool) -> str:
    if result:
        return next_step(result, place, to_review=to_review)
    return f"Next: {go_on(place, run_state.run.run_id, to_review=to_review)}" if place and run_state.run else ""


def head_start(run_state: RunState) -> float | None:
    """Return how long before the end of planning the first worker started; None when that is not worth a word."""
    starts = [row.started for row in run_state.rows.values() if row.started is not None]
    if (
        run_state.given
        or not starts
        or run_state.plan_ended is None
        or run_state.plan_ended - min(starts) < _WORTH_A_WORD
    ):
        return None
    return run_state.plan_ended - min(starts)


def _remarks(result: RunResult) -> Iterator[Line]:
    for warning in result.warnings:
        yield "yellow", f"note: {flat(warning)}"
    for number, outcome in enumerate(result.results, 1):
        for finding in outcome.findings:
            yield "yellow", f"note: {number} {flat(outcome.type)}: {flat(finding.message)}"
    if result.superseded:
        names = ", ".join(flat(outcome.type) for outcome in result.superseded)
        yield "yellow", f"note: started early and not in the final plan: {names}"


def _missing(gap: Shortfall) -> Iterator[Line]:
    yield "red", f"missing: {flat(gap.what)}: {flat(str(gap.failure))}"
    if gap.failure.raw:
        raw = for_terminal(gap.failure.raw).strip()
        yield "", f"The model wrote:\n{raw[:_RAW]}{' ...' if len(raw) > _RAW else ''}"
