"""Shows what a run made on a terminal: headings, texts wrapped at words, nothing of them lost."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from stretto.core.result import RunResult, WorkerResult
from stretto.faces.cli.views.live.frame import QUIET
from stretto.faces.cli.views.live.line_wrapping import wrap
from stretto.faces.cli.views.live.markdown import prose
from stretto.faces.shared.formatting import Glyphs, flat, glyphs_for, money, seconds, tokens
from stretto.faces.shared.timeline import fit

WIDEST = 88
"""Longer lines are hard to read."""


def print_styled_results(console: Console, result: RunResult, labels: Sequence[str] = ()) -> None:
    """Print everything that a run made."""
    width = max(20, min(console.width, WIDEST))
    for line in _lines(result, labels, console, width):
        console.print(line, soft_wrap=True)


def _lines(result: RunResult, labels: Sequence[str], console: Console, width: int) -> Iterator[Text]:
    glyphs = glyphs_for(console.encoding)
    for label in labels:
        yield from wrap(Text(flat(label), "yellow"), width)
    if result.analysis.strip():
        yield from _heading("Analysis", "", width, glyphs, "blue")
        yield from prose(result.analysis, console, width)
    for number, outcome in enumerate(result.results, 1):
        title = f"{number}{glyphs.dot}{flat(outcome.type)}"
        done = outcome.status == "completed"
        yield from _heading(title, _numbers(outcome, glyphs), width, glyphs, "cyan" if done else "red")
        yield from wrap(Text(flat(outcome.description), QUIET), width)
        yield Text("")
        if done:
            yield from prose(outcome.text, console, width)
        else:
            text = f"{outcome.status}: {flat(str(outcome.error))}"
            yield from wrap(Text(text, "red"), width)
    if result.synthesis and result.synthesis.status == "completed":
        title = f"Synthesis{glyphs.dot}{result.synthesis.strategy}"
        yield from _heading(title, seconds(result.synthesis.seconds), width, glyphs, "magenta")
        yield from prose(result.synthesis.text, console, width)
    yield Text("")


def _numbers(outcome: WorkerResult, glyphs: Glyphs) -> str:
    if outcome.status != "completed":
        return ""
    usage = f"{tokens(outcome.usage.total_tokens)} tokens"
    return glyphs.dot.join([seconds(outcome.seconds), usage, money(outcome.cost)])


def _heading(title: str, numbers: str, width: int, glyphs: Glyphs, style: str) -> Iterator[Text]:
    """Yield a blank line and a rule that carries a title and, where there is room, numbers."""
    room = width - 6
    if cell_len(title) + cell_len(numbers) + 6 > room:
        numbers = ""
    title = fit(title, room, glyphs.ellipsis).rstrip() if cell_len(title) > room else title
    line = Text.assemble((glyphs.rule * 2 + " ", style), (title, f"bold {style}"), " ")
    if numbers:
        line.append(glyphs.rule * (width - line.cell_len - cell_len(numbers) - 1), QUIET)
        line.append(" " + numbers, QUIET)
    else:
        line.append(glyphs.rule * (width - line.cell_len), QUIET)
    yield Text("")
    yield line
    yield Text("")
